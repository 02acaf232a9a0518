/** Names that Vite, Next.js, Nuxt, Expo, Create React App, Astro, SvelteKit, Gatsby, Vue CLI, @ngx-env and Storybook write into the bundle. */
export const publicPrefixes = [
  'VITE_',
  'NEXT_PUBLIC_',
  'NUXT_PUBLIC_',
  'EXPO_PUBLIC_',
  'REACT_APP_',
  'PUBLIC_',
  'GATSBY_',
  'VUE_APP_',
  'NG_APP_',
  'STORYBOOK_',
] as const;
