using System.Text.Json.Nodes;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

public sealed class ReadyPodTests
{
    [Theory]
    [InlineData("""{"metadata":{"labels":{"app":"web"}},"status":{"podIP":"10.1.0.1",READY}}""", "10.1.0.1")]
    [InlineData(
        """{"metadata":{},"status":{"podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"fd00::1"}],READY}}""", "10.1.0.1 fd00::1")]
    [InlineData("""{"metadata":{},"status":{"podIP":"10.1.0.1","conditions":[{"type":"Ready","status":"False"}]}}""", null)]
    [InlineData("""{"metadata":{},"status":{"podIP":"10.1.0.1"}}""", null)]
    [InlineData("""{"metadata":{"deletionTimestamp":"2026-01-02T12:00:00Z"},"status":{"podIP":"10.1.0.1",READY}}""", null)]
    [InlineData("""{"metadata":{},"status":{"phase":"Failed","podIP":"10.1.0.1",READY}}""", null)]
    [InlineData("""{"metadata":{},"status":{READY}}""", null)]
    public void Read_Pod_IsReadyAsKubernetesMeansIt(string pod, string? addresses) =>
        Assert.Equal(addresses, Read(pod) is { } ready ? string.Join(' ', ready.Addresses) : null);

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app=web,tier=front", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app=web,zone=a", false)]
    public void IsOf_EveryLabelMustBeThere(string selector, bool matches) => Assert.Equal(matches,
        Read("""{"metadata":{"labels":{"app":"web","tier":"front"}},"status":{"podIP":"10.1.0.1",READY}}""")!.IsOf(
            selector.Split(',').Select(label => label.Split('=')).ToDictionary(label => label[0], label => label[1])));

    [Fact]
    public void Equals_SameContent_IsNoChange()
    {
        const string Pod = """{"metadata":{"labels":{"app":"web"}},"status":{"podIP":"10.1.0.1",READY}}""";
        Assert.Equal(Read(Pod), Read(Pod.Replace("\"metadata\":{", "\"metadata\":{\"resourceVersion\":\"2\",", StringComparison.Ordinal)));
        Assert.Equal(Read(Pod)!.GetHashCode(), Read(Pod)!.GetHashCode());
        Assert.NotEqual(Read(Pod), Read(Pod.Replace("10.1.0.1", "10.1.0.2", StringComparison.Ordinal)));
        Assert.NotEqual(Read(Pod), Read(Pod.Replace("\"web\"", "\"other\"", StringComparison.Ordinal)));
        Assert.NotEqual(Read(Pod), Read(Pod.Replace("\"web\"", "\"web\",\"tier\":\"front\"", StringComparison.Ordinal)));
    }

    private static ReadyPod? Read(string pod) => ReadyPod.Read(new(new("shop", "web-1"), "1",
        JsonNode.Parse(pod.Replace("READY", """
            "conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}]
            """, StringComparison.Ordinal))!.AsObject()));
}
