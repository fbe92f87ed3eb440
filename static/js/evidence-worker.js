// Checks a file off the page's own thread, so that a large bundle does not stop it.

import { verifyEvidence } from "./evidence.js";
import { Refused } from "./refusal.js";

self.addEventListener("message", async ({ data: { file, trust } }) => {
  try {
    const tell = (done, of) => self.postMessage({ done, of });
    self.postMessage({ proven: await verifyEvidence(new Uint8Array(await file.arrayBuffer()), trust, tell) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    self.postMessage({ refused: { key: error.key, values: error.values, part: error.part } });
  }
});
