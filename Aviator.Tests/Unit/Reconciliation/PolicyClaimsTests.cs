using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>Two policies for one Service: catalogue row 19.</summary>
public sealed class PolicyClaimsTests
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    private static AviatorPolicy Policy(string name, int minute, string service = "web", bool deleting = false,
        string interval = "5s") => new()
        {
            Metadata = new()
            {
                NamespaceProperty = "shop",
                Name = name,
                CreationTimestamp = Noon.AddMinutes(minute),
                DeletionTimestamp = deleting ? Noon.AddHours(1) : null
            },
            Spec = new() { TargetRef = new() { Name = service }, EvaluationInterval = interval },
        };

    [Fact, Trait("Catalogue", "19")]
    public void OwnerOf_TwoPolicies_IsTheOlderWhateverTheOrder()
    {
        AviatorPolicy[] policies = [Policy("b", 2), Policy("c", 1), Policy("a", 3), Policy("other", 0, "api")];
        Assert.Equal("c", PolicyClaims.OwnerOf("web", policies)?.Metadata.Name);
        Assert.Equal("c", PolicyClaims.OwnerOf("web", policies.Reverse())?.Metadata.Name);
        Assert.Null(PolicyClaims.OwnerOf("none", policies));
    }

    [Fact, Trait("Catalogue", "19")]
    public void OwnerOf_SameSecond_IsTheFirstByName() =>
        Assert.Equal("a", PolicyClaims.OwnerOf("web", [Policy("b", 1), Policy("a", 1)])?.Metadata.Name);

    [Fact]
    public void OwnerOf_OlderIsDeletedOrUnusable_PassesToTheNext()
    {
        Assert.Equal("b", PolicyClaims.OwnerOf("web", [Policy("a", 1, deleting: true), Policy("b", 2)])?.Metadata.Name);
        Assert.Equal("b", PolicyClaims.OwnerOf("web", [Policy("a", 1, interval: "1ms"), Policy("b", 2)])?.Metadata.Name);
    }

    [Fact]
    public void Owners_OfManyServices_AreOneForEachOldestFirst()
    {
        AviatorPolicy[] policies =
        [
            Policy("late", 5, "api"), Policy("loser", 4), Policy("web", 2), Policy("leaving", 0, deleting: true), Policy("api", 3, "api"),
            Policy("unusable", 1, "shop", interval: "1ms"),
        ];
        Assert.Equal(["web", "api"], PolicyClaims.Owners(policies).Select(policy => policy.Metadata.Name));
    }
}
