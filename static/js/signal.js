// One sound and one touch for each outcome, so that nobody needs to look up while scanning.

let context;

const SOUNDS = {
  read: { notes: [[1320, 0.07]], buzz: 30 },
  duplicate: { notes: [[880, 0.06], [880, 0.06]], buzz: [20, 40, 20] },
  trouble: { notes: [[220, 0.16], [174, 0.22]], buzz: [120, 60, 120] },
};

/** Sounds "read", "duplicate" or "trouble". Silent where the browser does not allow sound yet. */
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
