import { Button, Result } from "antd";

import { useTexts } from "../texts/preferences.ts";

/** For a page whose code did not load, as after a new version was put up, or broke. */
export function PageFailed() {
  const { common, problem } = useTexts();
  return (
    <Result
      status="error"
      title={problem.title}
      extra={
        <Button type="primary" onClick={() => location.reload()}>
          {common.retry}
        </Button>
      }
    />
  );
}
