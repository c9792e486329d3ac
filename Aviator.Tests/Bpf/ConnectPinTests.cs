using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Bpf;
using Aviator.Agent.Steering;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>What outlives the process that made it, how another takes it over, and how it goes.</summary>
[Collection(ConnectCollection.Name)]
public sealed class ConnectPinTests : IDisposable
{
    private const int Connect4 = 10; // BPF_CGROUP_INET4_CONNECT
    private static readonly IPEndPoint Service = new(ConnectWorld.Service, 80);
    private readonly ConnectWorld _world = new();
    private readonly Socket[] _endpoint;
    private readonly Socket[] _both;

    public ConnectPinTests()
    {
        _endpoint = _world.Listen(1);
        _both = [_endpoint[0], _world.Listen(Service)];
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task ProcessKilled_SteeringContinuesUntilTheOrderIsOld()
    {
        _world.Table.Dispose();
        await using var holder = await ConnectHolder.StartAsync(
            _world.Options, (IPEndPoint)_endpoint[0].LocalEndPoint!, TimeSpan.FromSeconds(4));

        await holder.KillAsync();

        Assert.Equal(0, _world.Connect(Service, _both));
        await Waiting.UntilAsync("a connect that passes", TimeLimits.Seconds(10),
            () => Task.FromResult(_world.Connect(Service, _both) == 1), TestContext.Current.CancellationToken);
        Assert.Equal(1, _world.Connect(Service, _both));
        _world.Reopen();
        Assert.True(_world.Table.IsAdopted);
        Assert.InRange(Assert.Single(_world.Table.Read()).Steered, 1, 100);
    }

    [Fact]
    public void Restart_SameLayout_TakesOverWithoutAGapAndCountsOn()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        Assert.Equal(0, _world.Connect(Service, _both));
        var program = _world.Table.ProgramInfo("aviator_conn4").Id;

        using (var during = new Meanwhile(() => Assert.Equal(0, _world.Connect(Service, _both))))
        {
            _world.Reopen();
            Assert.InRange(during.Stop(), 1, int.MaxValue);
        }

        Assert.True(_world.Table.IsAdopted);
        Assert.DoesNotContain(program, Effective());
        var steered = Assert.Single(_world.Table.Read()).Steered;
        Assert.InRange(steered, 2, int.MaxValue);
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        Assert.Equal(0, _world.Connect(Service, _both));
        Assert.Equal(steered + 1, Assert.Single(_world.Table.Read()).Steered);
    }

    /// <summary>A connect of before the restart is answered by the programs of after it.</summary>
    [Fact]
    public void Restart_ConnectionOfBefore_StillNamesTheService()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        var client = _world.Client(AddressFamily.InterNetwork);
        client.Connect(Service);

        _world.Reopen();

        Assert.Equal(Service, client.RemoteEndPoint);
    }

    [Fact]
    public void Restart_AnotherLayout_IsReplacedByAnEmptyTable()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        var before = Effective().Length;
        var client = _world.Client(AddressFamily.InterNetwork);
        client.Connect(Service);

        _world.Reopen(Sized(2 * _world.Options.MaxEndpoints));

        Assert.Equal((false, before), (_world.Table.IsAdopted, Effective().Length));
        Assert.Empty(_world.Table.Read());
        Assert.Equal(_endpoint[0].LocalEndPoint, client.RemoteEndPoint); // its mark went with the map
        Assert.Equal(0, ConnectWorld.Accepted(_both));
        Assert.Equal(1, _world.Connect(Service, _both));
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        Assert.Equal(0, _world.Connect(Service, _both));
        _world.Reopen(Sized(2 * _world.Options.MaxEndpoints));
        Assert.True(_world.Table.IsAdopted);
    }

    [Fact]
    public void Restart_LinkOfACgroupThatIsGone_IsReplaced()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        using (var link = LibBpf.LinkOpen($"{_world.Options.PinDirectory}/link_aviator_conn4")) Assert.Equal(0, LibBpf.LinkDetach(link));
        Assert.False(_world.Table.IsGiving());

        _world.Reopen();

        Assert.True(_world.Table.IsGiving());
    }

    [Fact]
    public void Open_TableHeldByAnother_SaysSo()
    {
        var fault = Assert.Throws<BpfUnavailableException>(() => _world.Open());

        Assert.Contains("another process holds", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_LeavesNothing()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        var program = _world.Table.ProgramInfo("aviator_conn4").Id;
        Assert.Contains(program, Effective());

        _world.Table.Remove();

        Assert.DoesNotContain(program, Effective());
        Assert.False(AgentProcess.IsLoaded(program));
        Assert.False(Directory.Exists(_world.Options.PinDirectory));
        Assert.Equal(1, _world.Connect(Service, _both));
    }

    /// <summary>The line of docs/kernel.md for a node where everything of Aviator is dead.</summary>
    [Fact]
    public async Task PlainTools_NoAgentRuns_RemovingThePinsSwitchesItOff()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        var program = _world.Table.ProgramInfo("aviator_conn4").Id;
        _world.Table.Dispose();
        Assert.Equal(0, _world.Connect(Service, _both));

        RunDocumented("rm -r", line => !line.Contains("bpftool", StringComparison.Ordinal));

        // The kernel takes a link down some moments after its last holder.
        await Waiting.UntilAsync("no program of ours", TimeLimits.Seconds(10), () => Task.FromResult(!Effective().Contains(program)),
            TestContext.Current.CancellationToken);
        Assert.Equal(1, _world.Connect(Service, _both));
    }

    [Fact]
    public void PlainTools_AgentRuns_DetachingTheLinksSwitchesItOffAtOnce()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));
        var program = _world.Table.ProgramInfo("aviator_conn4").Id;
        Assert.Equal(0, _world.Connect(Service, _both));

        RunDocumented("bpftool link detach", _ => true);

        Assert.DoesNotContain(program, Effective());
        Assert.Equal(1, _world.Connect(Service, _both));
        Assert.False(Directory.Exists(_world.Options.PinDirectory));
    }

    [Fact]
    public void Open_NoBpffs_WorksAndEndsWithTheProcess()
    {
        var directory = Directory.CreateTempSubdirectory("aviator-nobpffs-");
        var options = new ConnectTableOptions { PinDirectory = $"{directory.FullName}/v1", MaxServices = 64, MaxEndpoints = 4096 };
        try
        {
            _world.Reopen(options);
            _world.Give(ConnectWorld.ServiceOf(_endpoint));
            Assert.False(_world.Table.IsPinned);
            Assert.True(_world.Table.IsGiving());
            var program = _world.Table.ProgramInfo("aviator_conn4").Id;
            _world.Table.Dispose();
            Assert.DoesNotContain(program, Effective());
            Assert.Empty(directory.EnumerateFileSystemInfos());
        }
        finally
        {
            directory.Delete();
        }
    }

    [Fact]
    public void IsGiving_Repeatedly_LeavesTheTableAsItWas()
    {
        _world.Give(ConnectWorld.ServiceOf(_endpoint));

        for (var i = 0; i < 3; i++) Assert.True(_world.Table.IsGiving());

        Assert.Equal(ConnectWorld.Service, Assert.Single(_world.Table.Read()).Address);
        Assert.Empty(Directory.EnumerateDirectories(CgroupRoot.Find(), $"aviator-{Environment.ProcessId}*"));
    }

    /// <summary>Runs a block of docs/kernel.md with this test's bpffs in the place of the node's.</summary>
    private void RunDocumented(string command, Func<string, bool> isMeant)
    {
        var blocks = new Documentation("docs/kernel.md").Text.Split("```sh\n").Skip(1)
            .Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]);
        var script = blocks.Single(block => block.Contains(command, StringComparison.Ordinal) && isMeant(block));
        var above = _world.Options.PinDirectory[..^"/aviator/v1".Length];
        Command.Run("sh", "-ec", script.Replace("/sys/fs/bpf", above, StringComparison.Ordinal));
    }

    private ConnectTableOptions Sized(int endpoints) => new()
    {
        PinDirectory = _world.Options.PinDirectory,
        MaxServices = _world.Options.MaxServices,
        MaxEndpoints = endpoints,
    };

    private static uint[] Effective()
    {
        using var root = new FileDescriptor(LibBpf.Open(CgroupRoot.Find(), 0));
        return ConnectHooks.EffectivePrograms(root, Connect4);
    }
}
