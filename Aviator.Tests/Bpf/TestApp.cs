using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Bpf;

/// <summary>
/// The C test application (Aviator.Tests/TestApp) in the test's own namespace, at real-time priority: it knows to the microsecond how long
/// it took from reading a request's first byte to writing its answer's. The priority keeps other work on the machine from getting between
/// the arrival of a request and its reading, which the kernel counts and the application cannot see.
/// </summary>
internal sealed class TestApp : IDisposable
{
    internal const int ServicePort = 8080;
    private const int ControlPort = 8081;
    private readonly string _directory = Directory.CreateTempSubdirectory("aviator-testapp-").FullName;
    private readonly TestNetwork _network = new();
    private readonly ChildProcess _process;

    /// <param name="address">Of the pod that it stands for.</param>
    /// <param name="fromArrival">
    /// A request's time begins with the stamp that its socket put on its arrival. Once a stall of the machine has made the answers of
    /// several connections due at once they stay due at once, and the last to be read has waited for all others.
    /// </param>
    internal TestApp(IPAddress address, bool fromArrival = false)
    {
        Address = address;
        var program = Path.Combine(_directory, "testapp");
        Command.Run("gcc", ["-D_GNU_SOURCE", "-std=gnu17", "-O2", "-o", program,
            .. Directory.GetFiles(Repository.File("Aviator.Tests/TestApp"), "*.c")]);
        _process = ChildProcess.Start("testapp", ["nsenter", $"--net={_network.Path}", "chrt", "-f", "10", program],
            fromArrival ? new Dictionary<string, string> { ["FROM_ARRIVAL"] = "yes" } : null);
        var since = Stopwatch.GetTimestamp();
        while (!Answers() && Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5)) Thread.Yield();
    }

    internal IPAddress Address { get; }

    internal IPEndPoint Endpoint => new(Address, ServicePort);

    /// <summary>A client's socket inside the namespace, connected to the service.</summary>
    internal List<Socket> Connect(int count) => _network.Run(() => Enumerable.Range(0, count).Select(_ => Open(ServicePort)).ToList());

    /// <summary>CPU time that the application has used so far.</summary>
    internal TimeSpan CpuTime =>
        TimeSpan.FromMicroseconds(double.Parse(File.ReadAllText($"/proc/{_process.Id}/schedstat").Split(' ')[0]) / 1000);

    /// <summary>Runs a program inside the namespace to its end, and gives what it printed.</summary>
    internal string Run(string program, params string[] arguments) =>
        Command.Run("nsenter", [$"--net={_network.Path}", program, .. arguments]);

    /// <summary>Every service time since the last call, in ascending order.</summary>
    internal List<TimeSpan> TakeSamples()
    {
        var samples = Control("/samples").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => TimeSpan.FromMicroseconds(long.Parse(l))).Order().ToList();
        Control("/reset");
        return samples;
    }

    public void Dispose()
    {
        _process.Dispose();
        _network.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Socket Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 5000 };
        socket.Connect(new IPEndPoint(Address, port));
        return socket;
    }

    private bool Answers()
    {
        try
        {
            return Control("/healthz") == "ok\n";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string Control(string path)
    {
        using var socket = _network.Run(() => Open(ControlPort));
        socket.Write($"GET {path} HTTP/1.0\r\n\r\n");
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        var answer = reader.ReadToEnd();
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }
}
