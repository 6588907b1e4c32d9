import { Typography } from "antd";
import type { ReactNode } from "react";

type PageHeadProps = { readonly title: ReactNode; readonly says?: string; readonly children?: ReactNode };

/** A page's title, what it is for, and its actions. */
export function PageHead({ title, says, children }: PageHeadProps) {
  return (
    <div className="page-head">
      <div>
        <Typography.Title level={1}>{title}</Typography.Title>
        {says === undefined ? null : <Typography.Text type="secondary">{says}</Typography.Text>}
      </div>
      {children}
    </div>
  );
}
