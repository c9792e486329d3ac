using System.Text.Json.Nodes;
using Aviator.Agent.Steering;
using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

public sealed class SliceViewTests
{
    [Theory]
    [InlineData("""{"addresses":["10.1.0.1"],"conditions":{"ready":true}}""", "10.1.0.1")]
    [InlineData("""{"addresses":["10.1.0.1"]}""", "10.1.0.1")]
    [InlineData("""{"addresses":["FD00:0::1"],"conditions":{}}""", "fd00::1")]
    [InlineData("""{"addresses":["10.1.0.1"],"conditions":{"ready":false}}""", "")]
    [InlineData("""{"addresses":["10.1.0.1"],"conditions":{"ready":true,"serving":true,"terminating":true}}""", "")]
    [InlineData("""{"addresses":["nonsense",null],"conditions":{"ready":true}}""", "")]
    [InlineData("""{"conditions":{"ready":true}}""", "")]
    public void Read_Endpoint_IsReadyAsKubernetesMeansIt(string endpoint, string ready)
    {
        var view = Read("""{"kubernetes.io/service-name":"web"}""", endpoint);
        Assert.Equal(new ObjectKey("shop", "web"), view!.Service);
        Assert.Equal(ready, string.Join(' ', view.Ready));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData($$"""{"kubernetes.io/service-name":"web","endpointslice.kubernetes.io/managed-by":"{{AviatorNames.SliceManager}}"}""")]
    public void Read_SliceOfNoServiceOrOfAviator_IsLeftOut(string labels) =>
        Assert.Null(Read(labels, """{"addresses":["10.1.0.1"]}"""));

    [Fact]
    public void Equals_SameContent_IsNoChange()
    {
        var labels = """{"kubernetes.io/service-name":"web"}""";
        Assert.Equal(Read(labels, """{"addresses":["10.1.0.1"]}"""), Read(labels, """{"addresses":["10.1.0.1"],"nodeName":"node-2"}"""));
        Assert.NotEqual(Read(labels, """{"addresses":["10.1.0.1"]}"""), Read(labels, """{"addresses":["10.1.0.2"]}"""));
    }

    private static SliceView? Read(string labels, string endpoint) => SliceView.Read(new(new("shop", "web-abc"), "1",
        JsonNode.Parse($$"""{"metadata":{"labels":{{labels}}},"addressType":"IPv4","endpoints":[{{endpoint}}]}""")!.AsObject()));
}
