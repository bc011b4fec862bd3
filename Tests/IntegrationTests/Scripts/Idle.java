import org.zeromq.ZMQ;

/** JeroMQ asks, is idle, and asks again on the same connection: Idle ENDPOINT SECONDS. */
public class Idle {
    public static void main(String[] arguments) throws Exception {
        ZMQ.Context context = ZMQ.context(1);
        ZMQ.Socket socket = context.socket(ZMQ.REQ);
        socket.setReceiveTimeOut(20_000);
        socket.connect(arguments[0]);
        System.out.println(ask(socket));
        Thread.sleep((long) (1_000 * Double.parseDouble(arguments[1])));
        System.out.println(ask(socket));
        System.exit(0);
    }

    /** The whole list, as the smallest request asks for it, in bytes. */
    private static int ask(ZMQ.Socket socket) {
        socket.send(new byte[] {(byte) 0x80});
        byte[] reply = socket.recv();
        if (reply == null) throw new IllegalStateException("no answer");
        return reply.length;
    }
}
