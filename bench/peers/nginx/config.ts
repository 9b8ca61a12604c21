import type { PeerSettings } from '../../peer.ts'

/**
 * The configuration of nginx as it is read from a file. It is one process, without a master that would leave it behind when
 * it is killed, and it writes only below the folder where it runs.
 */
export function config({ port, upstreamPort }: PeerSettings): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {
  worker_connections 16384;
}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  # It would end connections after 1,000 requests.
  keepalive_requests ${manyRequests};
  client_max_body_size 2m;
  upstream shop {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests ${manyRequests};
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      grpc_pass grpc://shop;
      grpc_read_timeout 5s;
    }
  }
}
`
}

const manyRequests = 1_000_000_000
