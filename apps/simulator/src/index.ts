export { buildSimulator, type SimulatorDeps } from "./app.ts";
export { startSimulator, type Simulator, type SimulatorOptions } from "./start.ts";
