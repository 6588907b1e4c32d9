declare module "swagger-ui-dist" {
  /** The folder of the page's assets. */
  export function absolutePath(): string;
}
