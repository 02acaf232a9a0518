/** The moment between opening the application and knowing who it is. */
export function Splash() {
  return (
    <main className="lone" aria-busy="true">
      <p className="splash" role="status">
        Loading…
      </p>
    </main>
  );
}
