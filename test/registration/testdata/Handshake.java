import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Connects to Prosody as the videobridge's XMPP library does, up to the point where it would log in: STARTTLS, Java's own
 * verification of the certificate against the trust store of the system properties, then the name in the certificate, which
 * must be that of the XMPP domain and not that of the host.
 *
 * Source: Smack 4.4, XMPPTCPConnection.proceedTLSReceived and XmppHostnameVerifier. The latter's comparison of names lets
 * every name pass before Smack 4.5, because it splits them at the regular expression ".". Here names are compared. What
 * bridges can rely on is the trust store, which has the shard's authority and no other.
 *
 * Arguments: host, port, XMPP domain. The exit code is 0 if a login would follow.
 */
public final class Handshake {
    private static final int PATIENCE_MS = 20_000;
    private static final int DNS_NAME = 2; // RFC 5280, 4.2.1.6

    public static void main(String[] arguments) {
        try {
            run(arguments[0], Integer.parseInt(arguments[1]), arguments[2]);
        } catch (Exception e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                System.out.println("refused: " + cause);
            }
            System.exit(1);
        }
    }

    private static void run(String host, int port, String domain) throws Exception {
        try (Socket plain = new Socket(host, port)) {
            plain.setSoTimeout(PATIENCE_MS);
            String features = open(plain, domain);
            if (!features.contains("<starttls") || !features.contains("<required/>") || features.contains("<mechanism>")) {
                throw new IOException("without TLS the server offers " + features);
            }
            send(plain, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            readTo(plain, "<proceed", "/>");

            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, null, new SecureRandom());
            SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
            secured.startHandshake();
            verifyName(domain, secured.getSession().getPeerCertificates()[0]);

            System.out.println("verified: " + secured.getSession().getProtocol());
            System.out.println("offered: " + open(secured, domain));
        }
    }

    private static void verifyName(String name, Certificate certificate) throws CertificateException {
        Collection<List<?>> alternatives = ((X509Certificate) certificate).getSubjectAlternativeNames();
        for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
            if (alternative.get(0).equals(DNS_NAME) && name.equalsIgnoreCase((String) alternative.get(1))) {
                return;
            }
        }
        throw new CertificateException("the certificate is not for " + name + " but for " + alternatives);
    }

    private static String open(Socket socket, String domain) throws IOException {
        send(socket, "<?xml version='1.0'?><stream:stream to='" + domain + "' xmlns='jabber:client' "
                + "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
        return readTo(socket, "<stream:features", "</stream:features>");
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** Reads up to a mark that follows another one, byte for byte: what comes after it may belong to TLS. */
    private static String readTo(Socket socket, String first, String then) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder text = new StringBuilder();
        while (text.indexOf(first) < 0 || text.indexOf(then, text.indexOf(first)) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the server ends the connection after " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }
}
