// A frozen frame or a photo: read in the page at once, and by the server, which takes its time for it.

import { isAway } from "./connection.js";
import { fact } from "./say.js";
import { fitted } from "./watching.js";

const PATIENCE = 60_000; // ms: large photos take their time on the way and with the reader

export class Stills {
  constructor({ decoder, connection }) {
    Object.assign(this, { decoder, connection });
  }

  /**
   * Reads the Blob `picture` both ways. `onSight(sight)` gets what each saw, in pixels of the picture as it
   * is shown, as soon as it did. Resolves with how many codes there are, throws Refused where the server
   * would not look and the page alone found nothing.
   */
  async study(picture, onSight) {
    const bitmap = await createImageBitmap(picture).catch(() => null); // HEIC: the server reads it
    const size = bitmap && { width: bitmap.width, height: bitmap.height };
    const tell = (sight) => {
      if (sight) onSight(sight);
      return sight?.symbols.length ?? 0;
    };
    const here = bitmap ? this.#here(bitmap).then(tell) : Promise.resolve(0);
    const there = this.#there(picture, size).then(tell);
    try {
      return Math.max(...await Promise.all([here, there]));
    } catch (error) {
      const found = await here;
      if (found && isAway(error)) return found;
      throw error;
    }
  }

  async #here(bitmap) {
    const { width, height } = bitmap;
    await this.decoder.load();
    await this.decoder.idle;
    const found = await this.decoder.read(bitmap, { still: true });
    return found && { symbols: found.symbols, unread: [], width, height, byServer: false };
  }

  async #there(picture, size) {
    const sight = await this.connection.post(`/scan/photo?task=${fact("task")}`, picture, PATIENCE);
    return { ...fitted(sight, size?.width ?? sight.width, size?.height ?? sight.height), byServer: true };
  }
}
