using System.Runtime.CompilerServices;
using Aviator.Agent.Bpf;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The kernel programs' structs and the agent's are one layout: no root, nothing loaded.</summary>
[Trait("Catalogue", "14")]
public sealed class LayoutTests
{
    private const string BySocket = "service_latency.bpf.o";
    private const string ByTracing = "service_latency_traced.bpf.o";

    [Theory]
    [InlineData(BySocket)]
    [InlineData(ByTracing)]
    public void EndpointKey_InBoth_IsOneLayout(string resource)
    {
        var s = default(EndpointKey);
        AssertSame(resource, "endpoint_key", Unsafe.SizeOf<EndpointKey>(),
            ("address", At(ref s, ref s.Address)), ("port", At(ref s, ref s.Port)), ("pad", At(ref s, ref s.Pad)));
        AssertSame(resource, "address", Unsafe.SizeOf<AddressBytes>(), ("words", 0));
    }

    [Theory]
    [InlineData(BySocket)]
    [InlineData(ByTracing)]
    public void EndpointCounters_InBoth_IsOneLayoutWithTheHistogramsBuckets(string resource)
    {
        var s = default(EndpointCounts);
        AssertSame(resource, "endpoint_counters", Unsafe.SizeOf<EndpointCounts>(),
            ("endpoint", At(ref s, ref s.Endpoint)), ("row", At(ref s, ref s.Row)),
            ("server_errors", At(ref s, ref s.ServerErrors)), ("unanswered", At(ref s, ref s.Unanswered)),
            ("unmeasured", At(ref s, ref s.Unmeasured)), ("node_probes", At(ref s, ref s.NodeProbes)),
            ("own_probes", At(ref s, ref s.OwnProbes)), ("success", At(ref s, ref s.Success)),
            ("redirects", At(ref s, ref s.Redirects)), ("client_errors", At(ref s, ref s.ClientErrors)),
            ("throttled", At(ref s, ref s.Throttled)), ("latency", At(ref s, ref s.Latency)), ("abandoned", At(ref s, ref s.Abandoned)));
        Assert.Equal(HistogramLayout.BucketCount * sizeof(long), At(ref s, ref s.Abandoned) - At(ref s, ref s.Latency));
        Assert.Equal(HistogramLayout.BucketCount * sizeof(long), Unsafe.SizeOf<EndpointCounts>() - At(ref s, ref s.Abandoned));
    }

    [Theory]
    [InlineData(BySocket)]
    [InlineData(ByTracing)]
    public void Connection_InBoth_IsOneLayout(string resource)
    {
        var s = default(ConnectionState);
        AssertSame(resource, "connection", Unsafe.SizeOf<ConnectionState>(), ("opened_ns", At(ref s, ref s.OpenedNs)),
            ("endpoint", At(ref s, ref s.Endpoint)), ("protocol", At(ref s, ref s.Protocol)), ("flags", At(ref s, ref s.Flags)),
            ("row", At(ref s, ref s.Row)), ("srtt_us", At(ref s, ref s.SrttUs)), ("turn", At(ref s, ref s.Turn)),
            ("held_have", At(ref s, ref s.HeldHave)), ("held", At(ref s, ref s.Held)), ("streams", At(ref s, ref s.Held)),
            ("last_ns", At(ref s, ref s.LastNs)),
            ("held_ns", At(ref s, ref s.HeldNs)), ("counters", At(ref s, ref s.Counters)), ("pad", At(ref s, ref s.Pad)));
        Assert.Equal(64, Unsafe.SizeOf<ConnectionState>()); // a cache line
    }

    [Fact]
    public void ConnectionRows_InBoth_AreOneLayout()
    {
        var row = default(ConnectionRow);
        AssertSame(ByTracing, "connection_row", Unsafe.SizeOf<ConnectionRow>(),
            ("connection", At(ref row, ref row.Connection)), ("socket", At(ref row, ref row.Socket)));
        var traced = default(TracedConnection);
        AssertSame(ByTracing, "traced_connection", Unsafe.SizeOf<TracedConnection>(), ("row", At(ref traced, ref traced.Row)),
            ("accepted_ns", At(ref traced, ref traced.AcceptedNs)));
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("fd00::1:2")]
    public void Address_ThereAndBack_IsTheSame(string text)
    {
        var address = System.Net.IPAddress.Parse(text);
        Assert.Equal(address, AddressBytes.From(address).ToIPAddress());
        Assert.Equal(address, AddressBytes.From(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? address.MapToIPv6() : address).ToIPAddress());
    }

    internal static int At<TStruct, TField>(ref TStruct s, ref TField field) =>
        (int)Unsafe.ByteOffset(ref Unsafe.As<TStruct, byte>(ref s), ref Unsafe.As<TField, byte>(ref field));

    /// <summary>Same size, same members at the same offsets, and no hole that a compiler may fill as it likes.</summary>
    internal static void AssertSame(string resource, string name, int size, params (string Member, int Offset)[] members)
    {
        using var btf = new Btf(resource);
        var (nativeSize, offsets) = btf.StructOf(name);
        Assert.Equal(size, nativeSize);
        Assert.Equal(members.ToDictionary(m => m.Member, m => m.Offset), offsets);
    }
}
