using System.Net;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>A proxy before the pods, as a process on the node.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    private const int HaproxyPort = 18_080, YarpPort = 18_081;
    private const string Haproxy = "/usr/sbin/haproxy";

    private readonly string? _file;

    private Proxy(ChildProcess process, int port, string? file = null) =>
        (Process, Address, _file) = (process, new(IPAddress.Loopback, port), file);

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>The process.</summary>
    public ChildProcess Process { get; }

    /// <summary>HAProxy that gives each request to the pod with the fewest connections. Skips the test where it is not installed.</summary>
    public static async Task<Proxy> HaproxyAsync(IEnumerable<IPEndPoint> pods, CancellationToken stop)
    {
        Assert.SkipUnless(File.Exists(Haproxy), "HAProxy is not installed: apt-get install --no-install-recommends haproxy");
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"""
            global
              nbthread 2
            defaults
              mode http
              timeout connect 5s
              timeout client 30s
              timeout server 30s
            frontend all
              bind 127.0.0.1:{HaproxyPort}
              default_backend pods
            backend pods
              balance leastconn
              {string.Join("\n  ", pods.Select((pod, i) => $"server p{i} {pod}"))}

            """, stop);
        return await ReadyAsync(new(ChildProcess.Start("haproxy", [Haproxy, "-db", "-f", file]), HaproxyPort, file), stop);
    }

    /// <summary>YARP with power of two choices.</summary>
    public static Task<Proxy> YarpAsync(IEnumerable<IPEndPoint> pods, CancellationToken stop)
    {
        var program = Path.Combine(Repository.Output("Aviator.Tests/YarpProxy"), "Aviator.Tests.YarpProxy.dll");
        return ReadyAsync(
            new(ChildProcess.Start(
                "yarp", ["dotnet", program, $"http://127.0.0.1:{YarpPort}", .. pods.Select(pod => $"http://{pod}/")]), YarpPort), stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (_file is not null) File.Delete(_file);
    }

    private static async Task<Proxy> ReadyAsync(Proxy proxy, CancellationToken stop)
    {
        await Reachable.WaitAsync(proxy.Address, stop);
        return proxy;
    }
}
