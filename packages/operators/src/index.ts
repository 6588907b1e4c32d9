export { addOperator } from "./add-operator.ts";
export { changeOperator } from "./change-operator.ts";
export { type FirstOperator, addFirstOperator } from "./first-operator.ts";
export { resetPassword } from "./reset-password.ts";
export { viewOperator } from "./view-operator.ts";
