// A screen that nobody touches: when the server has ended the sign-in, load the page again, which shows the way in and nothing else.

export default function ({ parentElement, data }) {
  clearTimeout(parentElement.signInWatch);
  parentElement.signInWatch = setTimeout(() => {
    const address = new URL(window.location.href);
    address.searchParams.set(data.left, "1");
    window.location.replace(address);
  }, 1000 * data.seconds);
  return () => clearTimeout(parentElement.signInWatch);
}
