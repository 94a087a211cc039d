// The page's language, for screen readers.

export default function ({ data }) {
  document.documentElement.lang = data.language;
}
