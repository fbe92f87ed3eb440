// One sound and one touch for each outcome, so that nobody needs to look up while scanning.

let context;

const SOUNDS = {
  read: { notes: [[1320, 0.07]], buzz: 30 },
  clear: { notes: [[1047, 0.06], [1568, 0.1]], buzz: 30 },
  look: { notes: [[523, 0.12], [523, 0.12]], buzz: [40, 60, 40] },
  duplicate: { notes: [[880, 0.06], [880, 0.06]], buzz: [20, 40, 20] },
  trouble: { notes: [[220, 0.16], [174, 0.22]], buzz: [120, 60, 120] },
};

/** Sounds "read", "duplicate" or "trouble"; of a verdict "clear", "look" or "trouble". Silent where the browser does not allow sound yet. */
export function signal(kind) {
  const { notes, buzz } = SOUNDS[kind];
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  navigator.vibrate?.(buzz);
  context ??= new AudioContext();
  let start = context.currentTime;
  for (const [pitch, seconds] of notes) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = kind === "trouble" ? "square" : "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(kind === "trouble" ? 0.06 : 0.14, start);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + seconds);
    start += seconds + 0.03;
  }
}
