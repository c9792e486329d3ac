using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;

namespace Aviator.Cli.Check;

/// <summary>One right.</summary>
/// <param name="Verb">Such as <c>patch</c>.</param>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Resource">The resource, with its subresource: <c>services/finalizers</c>.</param>
/// <param name="Namespace">In one namespace; null for all.</param>
/// <param name="Name">Of one object; null for any.</param>
internal sealed record Right(string Verb, string Group, string Resource, string? Namespace = null, string? Name = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Verb} {Resource}{(Group.Length > 0 ? $".{Group}" : "")}{(Namespace is null ? "" : $" in {Namespace}")}";
}

/// <summary>Asks the server who may do what.</summary>
internal static class AccessReviews
{
    private const string Self = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private const string Other = "apis/authorization.k8s.io/v1/subjectaccessreviews";

    /// <summary>The rights that config/rbac gives the controller.</summary>
    /// <param name="ns">Where Aviator runs.</param>
    public static IReadOnlyList<Right> OfController(string ns)
    {
        using var stream = typeof(AccessReviews).Assembly.GetManifestResourceStream("controller-rights.yaml")!;
        using var reader = new StreamReader(stream);
        return [.. KubernetesYaml.LoadAllFromString(reader.ReadToEnd()).SelectMany(item => item switch
        {
            V1ClusterRole role => Rights(role.Rules, null),
            V1Role role => Rights(role.Rules, ns),
            _ => [],
        })];
    }

    /// <summary>Those of these rights that are missing.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="rights">The rights.</param>
    /// <param name="account">Namespace and name of a ServiceAccount; null for whoever asks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">The server does not let this user ask.</exception>
    public static async Task<IReadOnlyList<Right>> MissingAsync(
        ApiConnection api, IReadOnlyList<Right> rights, ObjectKey? account, CancellationToken cancellationToken)
    {
        var missing = new List<Right>();
        foreach (var right in rights)
            if (!await IsAllowedAsync(api, right, account, cancellationToken)) missing.Add(right);
        return missing;
    }

    private static IEnumerable<Right> Rights(IEnumerable<V1PolicyRule> rules, string? ns) =>
        from rule in rules
        from resource in rule.Resources
        from verb in rule.Verbs
        select new Right(verb, rule.ApiGroups[0], resource, ns, rule.ResourceNames?.FirstOrDefault());

    private static async Task<bool> IsAllowedAsync(ApiConnection api, Right right, ObjectKey? account, CancellationToken cancellationToken)
    {
        var parts = right.Resource.Split('/');
        var spec = new JsonObject
        {
            ["resourceAttributes"] = new JsonObject
            {
                ["verb"] = right.Verb,
                ["group"] = right.Group,
                ["resource"] = parts[0],
                ["subresource"] = parts.ElementAtOrDefault(1) ?? "",
                ["namespace"] = right.Namespace ?? "",
                ["name"] = right.Name ?? "",
            },
        };
        if (account is { } named)
        {
            spec["user"] = $"system:serviceaccount:{named.Namespace}:{named.Name}";
            spec["groups"] = new JsonArray("system:serviceaccounts", $"system:serviceaccounts:{named.Namespace}", "system:authenticated");
        }

        var body = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = account is null ? "SelfSubjectAccessReview" : "SubjectAccessReview",
            ["spec"] = spec,
        };
        using var answer = await api.SendAsync(
            HttpMethod.Post, account is null ? Self : Other, body, cancellationToken: cancellationToken);
        return answer.RootElement.TryGetProperty("status", out var status) && status.TryGetProperty("allowed", out var allowed)
            && allowed.GetBoolean();
    }
}
