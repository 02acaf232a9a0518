/** The product's mark and name; the mark is a mask of `public/mark.svg`, so that it takes the colour of the text. */
export function Brand({ name }: { readonly name: string }) {
  return (
    <span className="brand">
      <span className="brand-mark" aria-hidden="true" />
      {name}
    </span>
  );
}
