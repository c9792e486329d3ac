using System.Runtime.CompilerServices;
using Aviator.Agent.Steering;
using Aviator.Agent.Steering.Closing;
using Xunit;
using static Aviator.Tests.Bpf.LayoutTests;

namespace Aviator.Tests.Bpf;

/// <summary>The connect hooks' structs and the agent's are one layout: no root, nothing loaded.</summary>
[Trait("Catalogue", "14")]
public sealed class ConnectLayoutTests
{
    private const string Resource = "service_connect.bpf.o";

    [Fact]
    public void ServiceRow_InBoth_IsOneLayout()
    {
        var s = default(ServiceRow);
        AssertSame(Resource, "connect_service", Unsafe.SizeOf<ServiceRow>(), ("table", At(ref s, ref s.Table)),
            ("fail_open_after_ns", At(ref s, ref s.FailOpenAfterNs)), ("steered", At(ref s, ref s.Steered)),
            ("passed", At(ref s, ref s.Passed)), ("pad", 4 * sizeof(ulong)));
    }

    [Fact]
    public void EndpointSlot_InBoth_IsOneLayout()
    {
        var s = default(EndpointSlot);
        AssertSame(Resource, "connect_slot", Unsafe.SizeOf<EndpointSlot>(), ("endpoint", At(ref s, ref s.Endpoint)),
            ("generation", At(ref s, ref s.Generation)), ("own", At(ref s, ref s.Own)), ("alias", At(ref s, ref s.Alias)),
            ("weight", At(ref s, ref s.Weight)), ("beside", At(ref s, ref s.Beside)), ("cell", At(ref s, ref s.Cell)),
            ("peers_first", At(ref s, ref s.PeersFirst)), ("peers", At(ref s, ref s.Peers)), ("peer_own", At(ref s, ref s.PeerOwn)),
            ("peer_alias", At(ref s, ref s.PeerAlias)), ("pad", At(ref s, ref s.PeerAlias) + sizeof(uint)));
    }

    [Fact]
    public void ControlMarkAndCell_InBoth_AreOneLayout()
    {
        var control = default(ConnectControl);
        AssertSame(Resource, "connect_control", Unsafe.SizeOf<ConnectControl>(), ("ordered_ns", At(ref control, ref control.OrderedNs)),
            ("layout", At(ref control, ref control.Layout)), ("pad", At(ref control, ref control.Pad)));
        var mark = default(GivenMark);
        AssertSame(Resource, "given", Unsafe.SizeOf<GivenMark>(), ("service", At(ref mark, ref mark.Service)),
            ("endpoint", At(ref mark, ref mark.Endpoint)), ("given_ns", At(ref mark, ref mark.GivenNs)),
            ("cell", At(ref mark, ref mark.Cell)), ("generation", At(ref mark, ref mark.Generation)));
        var cell = default(EndpointCell);
        AssertSame(Resource, "connect_cell", Unsafe.SizeOf<EndpointCell>(), ("open", At(ref cell, ref cell.Open)),
            ("failed", At(ref cell, ref cell.Failed)), ("generation", At(ref cell, ref cell.Generation)),
            ("pad", At(ref cell, ref cell.Pad)));
    }

    /// <summary>The walk's rows are in no map, so the object has no type of them; <see cref="IdleConnectionTests"/> reads them.</summary>
    [Fact]
    public void LastExchange_InBoth_IsOneLayout()
    {
        const string closing = "idle_connections.bpf.o";
        var seen = default(LastExchange);
        AssertSame(closing, "last_exchange", Unsafe.SizeOf<LastExchange>(), ("sent_before", At(ref seen, ref seen.SentBefore)),
            ("received_before", At(ref seen, ref seen.ReceivedBefore)), ("tail", At(ref seen, ref seen.Tail)),
            ("answer_seq", At(ref seen, ref seen.AnswerSeq)), ("tail_seq", At(ref seen, ref seen.TailSeq)),
            ("request_have", At(ref seen, ref seen.RequestHave)), ("answer_have", At(ref seen, ref seen.AnswerHave)),
            ("pad", At(ref seen, ref seen.Pad)), ("request", At(ref seen, ref seen.Request)), ("answer", At(ref seen, ref seen.Answer)));
    }

    [Theory]
    [InlineData(0, 1, 1u)]
    [InlineData((1 << 24) - 1, (1 << 16) - 1, TableWord.Generations - 1)]
    [InlineData(70_000, 5_000, 123_456u)]
    public void TableWord_ThereAndBack_IsTheSame(int first, int length, uint generation)
    {
        var word = new TableWord(first, length, generation);

        Assert.Equal(word, TableWord.From(word.ToUInt64()));
    }
}
