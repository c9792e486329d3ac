using Aviator.Kubernetes;

namespace Aviator.Cli.Check;

/// <summary>Rights: before an installation those of whoever installs, after it those of the controller's account.</summary>
internal static class RightsCheck
{
    /// <summary>The kinds that the chart makes.</summary>
    private static readonly (string Group, string Resource, bool Namespaced)[] Made =
    [
        ("apiextensions.k8s.io", "customresourcedefinitions", false),
        ("rbac.authorization.k8s.io", "clusterroles", false),
        ("rbac.authorization.k8s.io", "clusterrolebindings", false),
        ("rbac.authorization.k8s.io", "roles", true),
        ("rbac.authorization.k8s.io", "rolebindings", true),
        ("", "serviceaccounts", true),
        ("", "configmaps", true),
        ("", "secrets", true),
        ("", "services", true),
        ("apps", "deployments", true),
        ("apps", "daemonsets", true),
        ("batch", "jobs", true),
    ];

    /// <summary>Looks.</summary>
    public static async IAsyncEnumerable<Finding> FindAsync(
        ApiConnection api, Workloads workloads,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ns = workloads.Namespace;
        if (!workloads.AreInstalled)
        {
            IReadOnlyList<Right> needed =
                [.. Made.Select(kind => new Right("create", kind.Group, kind.Resource, kind.Namespaced ? ns : null))];
            var lacking = await AccessReviews.MissingAsync(api, needed, null, cancellationToken);
            yield return lacking.Count == 0
                ? Finding.Ok("your rights", $"You may create all that the chart makes in namespace {ns}.")
                : Finding.Fail("your rights", $"To install, you lack: {string.Join(", ", lacking)}.",
                    "Install as an administrator of the cluster.", "install.md#rights-and-why");
            yield break;
        }

        var account = new ObjectKey(
            ns, workloads.Deployments[Workloads.Controller].Spec?.Template?.Spec?.ServiceAccountName ?? AviatorNames.LeaseName);
        // A Lease may have another name there, as the Deployment has.
        var rights = AccessReviews.OfController(ns).Where(right => right.Name is null).ToList();
        var missing = await AccessReviews.MissingAsync(api, rights, account, cancellationToken);
        yield return missing.Count == 0
            ? Finding.Ok("its rights", $"ServiceAccount {account} has all {rights.Count} rights of the controller.")
            : Finding.Fail("its rights", $"ServiceAccount {account} lacks: {string.Join(", ", missing)}.",
                "Upgrade the chart, or apply config/rbac.", "install.md#rights-and-why");
    }
}
