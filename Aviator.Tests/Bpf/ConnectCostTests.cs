using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// What the hooks cost, printed: nanoseconds per connect by the kernel's own accounting, net of an empty program in the same run. The
/// bounds are wide, for busy machines; docs/kernel.md quotes figures.
/// </summary>
[Collection(ConnectCollection.Name)]
public sealed class ConnectCostTests(ITestOutputHelper output) : IDisposable
{
    private const int Connects = 5_000;
    private readonly ConnectWorld _world = new(new ConnectTableOptions { MaxServices = 16_384, MaxEndpoints = 131_072 });

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("given", 3000)]
    [InlineData("old order", 1500)]
    [InlineData("not in the table", 1000)]
    public void KernelAccounting_NanosecondsPerConnect_NetOfAnEmptyProgram(string what, int bound)
    {
        var listeners = _world.Listen(10);
        var kubeProxy = _world.Listen(new IPEndPoint(ConnectWorld.Service, 80));
        _world.Give(ConnectWorld.ServiceOf(listeners));
        if (what == "old order") _world.Table.Beat(ConnectWorld.FailOpenAfter);
        if (what == "not in the table") _world.Table.Apply([ConnectWorld.ServiceOf(listeners, port: 81)]);
        using var empty = BpfObject.Open("service_connect.bpf.o");
        empty.Load(new HashSet<string> { "nothing" });
        using var root = new FileDescriptor(LibBpf.Open(CgroupRoot.Find(), 0));
        empty.Attach(new Hook("nothing", AttachKind.Cgroup), root);
        using var statistics = new FileDescriptor(LibBpf.EnableStats(0));

        _world.Shares(Connects / 5, [.. listeners, kubeProxy]);
        var release = Reading(() => _world.Table.ProgramInfo("aviator_release"));
        var (hook, floor) = (Reading(() => _world.Table.ProgramInfo("aviator_conn4")), Reading(() => empty.Info("nothing")));
        _world.Shares(Connects, [.. listeners, kubeProxy]);
        var (gross, nothing) = (hook(), floor());
        output.WriteLine($"{what}: {release():F0} ns a close gross");

        output.WriteLine($"{what}: {gross:F0} ns a connect gross, an empty program reads {nothing:F0}, net {gross - nothing:F0}");
        Assert.InRange(gross - nothing, -50, bound);
    }

    /// <summary>Nanoseconds a run from now until the returned function is called.</summary>
    private static Func<double> Reading(Func<ProgramInfo> info)
    {
        var before = info();
        return () => info() is var after ? (double)(after.RunTimeNs - before.RunTimeNs) / (after.RunCount - before.RunCount) : 0;
    }
}
