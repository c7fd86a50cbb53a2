/** ELK in a worker of its own: the script answers messages by itself once it is loaded. */
import 'elkjs/lib/elk-worker.min.js'
