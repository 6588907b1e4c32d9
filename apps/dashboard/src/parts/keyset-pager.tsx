import { Button, Space } from "antd";

import { useTexts } from "../texts/preferences.ts";
import type { Filters } from "./use-filters.ts";

type KeysetPagerProps = { readonly filters: Filters; readonly nextCursor: string | null | undefined };

/** Forward by the last row seen, so that the hundred-thousandth row costs what the first did; back with the browser. */
export function KeysetPager({ filters, nextCursor }: KeysetPagerProps) {
  const { common } = useTexts();
  if (filters.cursor === undefined && !nextCursor) return null;
  return (
    <Space style={{ marginTop: 16 }}>
      <Button disabled={filters.cursor === undefined} onClick={() => filters.turnTo(undefined)}>
        {common.previous}
      </Button>
      <Button disabled={!nextCursor} onClick={() => filters.turnTo(nextCursor ?? undefined)}>
        {common.next}
      </Button>
    </Space>
  );
}
