using System.Text.Json;
using Aviator.Controller.Autoscaling;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>For whom an aggregator speaks, by the headers that its API server publishes.</summary>
public sealed class FrontProxyTrustTests : IDisposable
{
    private readonly TestAuthority _authority = new("front-proxy-ca");

    public void Dispose() => _authority.Dispose();

    /// <summary>The aggregator sends a line for each group; a comma belongs to a name.</summary>
    [Fact]
    public void Headers_OfTheUsualNames_AreTheUserWithGroupsAndExtra()
    {
        var caller = Read([])!.Read(new HeaderDictionary
        {
            ["X-Remote-User"] = "jane",
            ["X-Remote-Group"] = new StringValues(["dev, ops", "system:authenticated"]),
            ["X-Remote-Extra-Scopes"] = new StringValues(["a", "b"]),
            ["X-Remote-Extra-"] = "nameless",
        })!;

        Assert.Equal("jane", caller.User);
        Assert.Equal(["dev, ops", "system:authenticated"], caller.Groups);
        Assert.Equal(["a", "b"], Assert.Single(caller.Extra, extra => extra.Key == "scopes").Value);
        Assert.Single(caller.Extra);
    }

    [Fact]
    public void Headers_OfOtherNames_AreReadWhereTheApiServerSaysSo()
    {
        var trust = Read(new()
        {
            ["requestheader-username-headers"] = """["X-User","X-Remote-User"]""",
            ["requestheader-group-headers"] = """["X-Group"]""",
        })!;
        Assert.Equal("jane", trust.Read(new HeaderDictionary { ["X-User"] = "jane", ["X-Remote-User"] = "joe" })!.User);
        Assert.Equal("joe", trust.Read(new HeaderDictionary { ["X-Remote-User"] = "joe" })!.User);
        Assert.Empty(trust.Read(new HeaderDictionary { ["X-User"] = "jane", ["X-Remote-Group"] = "system:masters" })!.Groups);
        Assert.Null(trust.Read(new HeaderDictionary { ["X-Remote-Name"] = "jane" }));
    }

    [Fact]
    public void ConfigMap_WithoutAnAuthority_IsNoTrust()
    {
        using var configMap = JsonDocument.Parse("""{"data":{"client-ca-file":"x"}}""");
        Assert.Null(FrontProxyTrust.Read(configMap.RootElement));
    }

    private FrontProxyTrust? Read(Dictionary<string, string> data)
    {
        data["requestheader-client-ca-file"] = _authority.Pem;
        using var configMap = JsonDocument.Parse(JsonSerializer.Serialize(new Dictionary<string, object> { ["data"] = data }));
        return FrontProxyTrust.Read(configMap.RootElement);
    }
}
