// SPDX-License-Identifier: BSD-2-Clause

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Makes a HotSpot heap collect in every way it has: young and full for want of room, asked for,
 * for class metadata, by concurrent cycles and their mixed collections, for humongous objects,
 * after a critical section, for an inspection and for a heap dump; and makes safepoints in which
 * nothing is collected.
 *
 * <p>One thread allocates, in fixed sizes and numbers. Another copies large arrays, which it cannot
 * leave in the middle, and so comes late to safepoints; and deflates, which holds collections off.
 *
 * <p>Usage: {@code EveryCollection DIRECTORY}, where heap dumps are written and deleted.
 */
public final class EveryCollection {
	private static final int KEPT = 4096;
	private static final int CLASSES = 12000;
	private static final byte[][] kept = new byte[KEPT][];
	private static volatile Object shown; // what is stored here is really allocated
	private static volatile boolean done;

	/** What Loader defines again and again. */
	private static final class Payload {}

	/** Each instance defines a class of its own. */
	private static final class Loader extends ClassLoader {
		Class<?> define(byte[] bytes) {
			return defineClass(Payload.class.getName(), bytes, 0, bytes.length);
		}
	}

	/** Keep KEPT arrays of up to `largest` bytes, replacing one at random each round. */
	private static void churn(int rounds, int largest) {
		int random = 1;

		for (int i = 0; i < rounds; i++) {
			random = random * 1664525 + 1013904223;
			kept[(random >>> 8) % KEPT] = new byte[(random >>> 20) * largest / 4096];
			shown = new byte[1024];
		}
	}

	private static void disturb() {
		byte[] from = new byte[8 << 20];
		byte[] to = new byte[8 << 20];

		while (!done) {
			Deflater deflater = new Deflater(Deflater.BEST_SPEED);

			System.arraycopy(from, 0, to, 0, from.length);
			deflater.setInput(from, 0, 256 << 10);
			deflater.finish();
			deflater.deflate(to);
			deflater.end();
		}
	}

	private static void loadClasses() throws IOException {
		String name = "EveryCollection$Payload.class";
		byte[] bytes;

		try (InputStream in = Payload.class.getResourceAsStream(name)) {
			bytes = in.readAllBytes();
		}
		for (int i = 0; i < CLASSES; i++)
			shown = new Loader().define(bytes);
	}

	private static void command(String name, String... arguments) throws Exception {
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");

		shown = server.invoke(commands, name, new Object[] {arguments},
				new String[] {String[].class.getName()});
	}

	private static void dump(Path directory, boolean live) throws IOException {
		Path file = directory.resolve(live ? "live.hprof" : "all.hprof");

		ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
				.dumpHeap(file.toString(), live);
		Files.delete(file);
	}

	public static void main(String[] arguments) throws Exception {
		Path directory = Path.of(arguments[0]);
		Thread disturber = new Thread(EveryCollection::disturb);

		disturber.start();
		churn(400_000, 1 << 10);
		System.gc();
		churn(300_000, 16 << 10);
		done = true;
		disturber.join();
		for (int i = 0; i < 200; i++)
			shown = new byte[(1 << 20) + i * 4096]; // humongous to G1
		loadClasses();
		command("gcClassHistogram"); // collects, then counts
		command("gcClassHistogram", "-all"); // counts
		command("threadPrint");
		dump(directory, true); // collects, then dumps
		dump(directory, false); // dumps
		command("gcRun");
		System.gc();
		System.out.println("done");
	}
}
