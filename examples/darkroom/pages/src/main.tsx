import './shell/theme.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './styles/base.css'
import './styles/header.css'
import './styles/gallery.css'
import './styles/print.css'
import './styles/imports.css'
import './styles/failures.css'
import './styles/pages.css'
import './styles/view.css'
import './styles/overlays.css'

const root = document.getElementById('darkroom')
if (!root) throw new Error('index.html has no element with the id "darkroom"')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
