using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Pods that take connections and do nothing with them. No answer ever says so: what is in flight and its age must.</summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "24")]
[Trait("Catalogue", "49")]
public sealed class HungPodTests
{
    private const int Clients = 3;

    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void AcceptsAndNeverReads_EveryRequest_IsInFlightAndAges(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < Clients; i++) server.Pair().Client.Write(ExchangeTests.Get);
        AssertAges(kernel, server);
    }

    [Theory]
    [MemberData(nameof(InFlightReader.BeforeAccept), MemberType = typeof(InFlightReader))]
    public void NeverAccepts_EveryRequest_IsInFlightAndAgesUntilTheListenerGoes(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < Clients; i++) server.Connect().Write(ExchangeTests.Get);
        AssertAges(kernel, server);

        server.StopListening();
        var read = kernel.ReadUntil(server.Endpoint, e => e.Traffic.Unanswered == Clients);
        Assert.Equal((Clients, Clients, 0L, 0), (read.Traffic.Unanswered, read.Traffic.Requests, read.Rif, read.Connections));
    }

    /// <summary>A client that gives up sends FIN, and a pod that does not read never notices.</summary>
    [Theory]
    [MemberData(nameof(InFlightReader.All), MemberType = typeof(InFlightReader))]
    public void NeverReads_ClientsGaveUp_RequestsStayInFlight(string reader)
    {
        using var kernel = InFlightReader.Open(reader);
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < Clients; i++)
        {
            var (client, _) = server.Pair();
            client.Write(ExchangeTests.Get);
            client.Dispose();
        }

        AssertAges(kernel, server);
    }

    private static void AssertAges(KernelFixture kernel, TestServer server)
    {
        var first = kernel.ReadUntil(server.Endpoint, e => e.OldestInFlight > TimeSpan.FromMilliseconds(50));
        Assert.Equal((Clients, 0L, Clients), (first.Rif, first.Traffic.Requests, first.Connections));
        var older = first.OldestInFlight + TimeSpan.FromMilliseconds(50);
        var later = kernel.ReadUntil(server.Endpoint, e => e.OldestInFlight > older);
        Assert.Equal((Clients, 0L), (later.Rif, later.Traffic.Requests));
        Assert.True(later.OldestInFlight > older, $"{first.OldestInFlight}, then {later.OldestInFlight}");
        Assert.True(kernel.Counters.Health().CanReadInFlight);
    }
}
