// The test images: what each holds, how it starts, and the names under which tutorials ask for it.

export interface TestImage {
  /** out/<file>.tar; several images may share a file. */
  readonly file: string
  readonly names: readonly string[]
  /** Layers from the bottom up, by name in `layers`. */
  readonly layers: readonly string[]
  readonly config: ImageConfig
}

export interface ImageConfig {
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Env?: readonly string[]
  readonly WorkingDir?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly StopSignal?: string
}

export interface Layer {
  /** Debian packages; what they depend on comes along, what a layer below has does not. */
  readonly packages?: readonly string[]
  /** Path -> text. A leading `#!` makes it executable. */
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  /** Path -> mode. */
  readonly folders?: Readonly<Record<string, number>>
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const layers: Readonly<Record<string, Layer>> = {
  base: {
    packages: ['libc6', 'bash', 'dash', 'coreutils', 'hostname', 'sed', 'grep', 'tar', 'curl'],
    files: {
      'etc/passwd':
        'root:x:0:0:root:/root:/bin/bash\nnginx:x:101:101:nginx:/nonexistent:/bin/false\n' +
        'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
      'etc/group': 'root:x:0:\ntty:x:5:\nstaff:x:50:\nnginx:x:101:\nnogroup:x:65534:\n',
      'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
      'etc/hosts': '127.0.0.1 localhost\n',
    },
    links: { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' },
    folders: {
      tmp: 0o1777,
      root: 0o700,
      proc: 0o555,
      sys: 0o555,
      dev: 0o755,
      run: 0o755,
      'var/tmp': 0o1777,
    },
  },
  nginx: {
    packages: ['nginx'],
    files: {
      'etc/nginx/nginx.conf': [
        'user  nginx;',
        'worker_processes  1;',
        'error_log  /var/log/nginx/error.log notice;',
        'pid  /run/nginx.pid;',
        'events { worker_connections  1024; }',
        'http {',
        '    include       /etc/nginx/mime.types;',
        '    default_type  application/octet-stream;',
        '    access_log  /var/log/nginx/access.log;',
        '    keepalive_timeout  65;',
        '    include /etc/nginx/conf.d/*.conf;',
        '}',
        '',
      ].join('\n'),
      'etc/nginx/conf.d/default.conf': [
        'server {',
        '    listen       80;',
        '    server_name  localhost;',
        '    location / {',
        '        root   /usr/share/nginx/html;',
        '        index  index.html index.htm;',
        '    }',
        '}',
        '',
      ].join('\n'),
      'usr/share/nginx/html/index.html':
        '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n' +
        '<h1>Welcome to nginx!</h1>\n</body>\n</html>\n',
    },
    links: { 'var/log/nginx/access.log': '/dev/stdout', 'var/log/nginx/error.log': '/dev/stderr' },
    folders: { 'var/lib/nginx': 0o755, 'var/cache/nginx': 0o755 },
  },
  hello1: { files: { 'etc/nginx/nginx.conf': helloConfig(1) } },
  hello2: { files: { 'etc/nginx/nginx.conf': helloConfig(2) } },
  busybox: {
    packages: ['busybox-static', 'socat', 'netcat-openbsd', 'iproute2', 'procps'],
    links: Object.fromEntries(
      [
        'wget',
        'nslookup',
        'ping',
        'ping6',
        'telnet',
        'vi',
        'less',
        'traceroute',
        'arping',
        'httpd',
        'ifconfig',
        'route',
      ].map((applet) => [`usr/local/bin/${applet}`, '/usr/bin/busybox']),
    ),
  },
  java: { packages: ['openjdk-17-jre-headless'] },
  tomcat: {
    packages: ['tomcat10-common', 'libtomcat10-java'],
    files: {
      'usr/local/tomcat/conf/server.xml': [
        '<Server port="-1">',
        '  <Service name="Catalina">',
        '    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000" />',
        '    <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">',
        '      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true" />',
        '    </Engine>',
        '  </Service>',
        '</Server>',
        '',
      ].join('\n'),
      // Debian keeps the stock one in a package that needs systemd; this is the part of it that
      // serves files and JSP pages.
      'usr/local/tomcat/conf/web.xml': [
        '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">',
        ...webServlet('default', 'org.apache.catalina.servlets.DefaultServlet', ['/']),
        ...webServlet('jsp', 'org.apache.jasper.servlet.JspServlet', ['*.jsp', '*.jspx']),
        '  <welcome-file-list>',
        '    <welcome-file>index.html</welcome-file>',
        '    <welcome-file>index.jsp</welcome-file>',
        '  </welcome-file-list>',
        '</web-app>',
        '',
      ].join('\n'),
      'usr/local/tomcat/bin/catalina.sh': [
        '#!/bin/bash',
        'export CATALINA_HOME=/usr/local/tomcat',
        'cd "$CATALINA_HOME"',
        'shift',
        'exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto ${JAVA_OPTS-} ${CATALINA_OPTS-} \\',
        '  -Djava.io.tmpdir=$CATALINA_HOME/temp -Djava.security.egd=file:/dev/urandom \\',
        '  -Dcatalina.home=$CATALINA_HOME -Dcatalina.base=$CATALINA_HOME \\',
        '  -cp "$CATALINA_HOME/bin/bootstrap.jar:$CATALINA_HOME/bin/tomcat-juli.jar" \\',
        '  org.apache.catalina.startup.Bootstrap start',
        '',
      ].join('\n'),
    },
    links: {
      'usr/local/tomcat/lib': '/usr/share/tomcat10/lib',
      'usr/local/tomcat/bin/bootstrap.jar': '/usr/share/tomcat10/bin/bootstrap.jar',
      'usr/local/tomcat/bin/tomcat-juli.jar': '/usr/share/tomcat10/bin/tomcat-juli.jar',
      'usr/local/bin/java': '/usr/lib/jvm/java-17-openjdk-amd64/bin/java',
      'usr/local/bin/catalina.sh': '/usr/local/tomcat/bin/catalina.sh',
    },
    folders: {
      'usr/local/tomcat/webapps': 0o755,
      'usr/local/tomcat/logs': 0o755,
      'usr/local/tomcat/temp': 0o777,
      'usr/local/tomcat/work': 0o755,
    },
  },
}

const nginxConfig: ImageConfig = {
  Cmd: ['nginx', '-g', 'daemon off;'],
  Env: [path, 'NGINX_VERSION=1.22.1'],
  ExposedPorts: { '80/tcp': {} },
  StopSignal: 'SIGQUIT',
}

const helloImage: ImageConfig = { ...nginxConfig, ExposedPorts: { '8080/tcp': {} } }

export const images: readonly TestImage[] = [
  {
    file: 'nginx',
    layers: ['base', 'nginx'],
    config: nginxConfig,
    names: ['nginx:latest', 'nginx:1.20', 'nginx:1.22', 'nginx:1.23', 'nginx:1.25', 'nginx:stable'],
  },
  {
    file: 'tomcat',
    layers: ['base', 'java', 'tomcat'],
    names: ['tomcat:latest', 'tomcat:7.0.109-jdk8-openjdk', 'tomcat:10'],
    config: {
      Cmd: ['catalina.sh', 'run'],
      WorkingDir: '/usr/local/tomcat',
      ExposedPorts: { '8080/tcp': {} },
      Env: [
        path,
        'CATALINA_HOME=/usr/local/tomcat',
        'JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64',
      ],
    },
  },
  {
    file: 'toolbox',
    layers: ['base', 'busybox'],
    names: [
      'toolbox:latest',
      'busybox:latest',
      'radial/busyboxplus:curl',
      'curlimages/curl:latest',
    ],
    config: { Cmd: ['sh'], Env: [path] },
  },
  {
    file: 'hello',
    layers: ['base', 'nginx', 'hello1'],
    config: helloImage,
    names: [
      'hello:v1',
      'gcr.io/google-samples/kubernetes-bootcamp:v1',
      'jocatalin/kubernetes-bootcamp:v1',
    ],
  },
  {
    file: 'hello',
    layers: ['base', 'nginx', 'hello2'],
    config: helloImage,
    names: [
      'hello:v2',
      'gcr.io/google-samples/kubernetes-bootcamp:v2',
      'jocatalin/kubernetes-bootcamp:v2',
    ],
  },
]

/** nginx as the hello server: one answer, and a graceful end on the default signal's sibling. */
function helloConfig(version: number): string {
  return [
    'user  nginx;',
    'worker_processes  1;',
    'error_log  /dev/stderr notice;',
    'pid  /run/nginx.pid;',
    'events { worker_connections  1024; }',
    'http {',
    '    access_log  /dev/stdout;',
    '    server {',
    '        listen  8080;',
    '        default_type  text/plain;',
    '        location / {',
    `            return 200 "Hello Kubernetes bootcamp! | Running on: $hostname | v=${version}\\n";`,
    '        }',
    '    }',
    '}',
    '',
  ].join('\n')
}

function webServlet(name: string, type: string, patterns: readonly string[]): readonly string[] {
  return [
    `  <servlet><servlet-name>${name}</servlet-name><servlet-class>${type}</servlet-class>`,
    '    <load-on-startup>1</load-on-startup></servlet>',
    ...patterns.map(
      (pattern) =>
        `  <servlet-mapping><servlet-name>${name}</servlet-name><url-pattern>${pattern}</url-pattern></servlet-mapping>`,
    ),
  ]
}
