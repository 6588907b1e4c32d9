/** A state machine is data: each state lists the events it accepts and where they lead. */
export type StateMachine<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

/** The state that `event` leads to, or `undefined` when `from` does not accept it. */
export function step<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
  from: State,
  event: NoInfer<Event>,
): State | undefined {
  return machine[from][event];
}
