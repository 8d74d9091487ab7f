/** What nodes tell each other, each on a channel of its own. */
export const CHANNELS = {
  /** There is work to borrow, in these lanes. */
  work: 'darkroom_work',
  /** A worker has nothing to do: uploads that wait may have it. */
  room: 'darkroom_room',
  /** The jobs of these ids have ended. */
  ended: 'darkroom_ended',
  /** Some job has another state. */
  changed: 'darkroom_changed',
  /** Runs have come to these steps, each as JSON. */
  steps: 'darkroom_steps',
} as const;
