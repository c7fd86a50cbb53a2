/** Where the program begins. */
import './design/tokens.css'
import './design/base.css'
import './design/pieces.css'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './routes'

createApp(App).use(router).mount('#app')
