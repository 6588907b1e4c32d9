import type { Operator } from "@zhanggui/db";

/** An operator as the API and the audit show one. */
export function viewOperator(operator: Operator) {
  return {
    id: operator.id,
    email: operator.email,
    name: operator.name,
    role: operator.role,
    disabled: operator.disabled_at !== null,
    mustChangePassword: operator.must_change_password,
    twoFactor: operator.two_factor_enabled,
    createdAt: operator.created_at.toISOString(),
  };
}
export type OperatorView = ReturnType<typeof viewOperator>;
