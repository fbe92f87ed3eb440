// Checks a file off the page's own thread, so that a large bundle does not stop it.

import { verifyEvidence } from "./evidence.js";
import { Refused } from "./refusal.js";

self.addEventListener("message", async ({ data: { file, trust } }) => {
  try {
    const tell = (progress) => self.postMessage({ progress });
    self.postMessage({ proven: await verifyEvidence(file, trust, tell) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    self.postMessage({ refused: { key: error.key, values: error.values, part: error.part } });
  }
});
