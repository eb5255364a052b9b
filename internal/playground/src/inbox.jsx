// The link to the inbox of the embedded pool, whose address the server writes into the page.

/** Says where codes arrive. With a pool that sends them, it is nothing. */
export function InboxNote() {
  const inbox = document.querySelector('meta[name="inbox"]')?.content;
  if (!inbox) return null;
  return (
    <p className="panel-note">
      The embedded pool sends no mail and no SMS. Codes arrive in its <a href={inbox} target="_blank" rel="noreferrer">inbox</a>.
    </p>
  );
}
