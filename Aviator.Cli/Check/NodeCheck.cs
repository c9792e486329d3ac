using System.Globalization;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Cli.Check;

/// <summary>The nodes: whether their kernels can measure.</summary>
internal static class NodeCheck
{
    private static readonly Version Oldest = new(5, 10);

    /// <summary>Looks.</summary>
    public static async IAsyncEnumerable<Finding> FindAsync(
        ApiConnection api, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = await new ResourceClient<V1Node>(api, ResourceKind.Nodes, ResourceScope.All).ListAsync(5000, null, cancellationToken);
        var nodes = page.Items.Select(item => (item.Key.Name, Info: item.Value.Status?.NodeInfo)).ToList();
        var foreign = nodes.Where(node => node.Info?.OperatingSystem is { Length: > 0 } system && system != "linux")
            .Select(node => node.Name).ToList();
        if (foreign.Count > 0)
        {
            yield return Finding.Warn("nodes", $"No Linux runs on {Some(foreign)}: pods there are neither measured nor probed.",
                "Keep steered pods on Linux nodes.", "install.md");
        }

        var linux = nodes.Where(node => !foreign.Contains(node.Name)).ToList();
        var old = linux.Where(node => Kernel(node.Info?.KernelVersion) is { } version && version < Oldest).ToList();
        if (old.Count > 0)
        {
            var named = Some([.. old.Select(node => $"{node.Name} ({node.Info!.KernelVersion})")]);
            yield return Finding.Warn("kernels",
                $"The kernel of {named} is older than {Oldest}: pods there are "
                + "probed instead of measured, and routing Kernel leaves their connections to kube-proxy.",
                $"Use a kernel of {Oldest} or newer.", "measuring.md#hooks");
        }

        var versions = linux.Select(node => Kernel(node.Info?.KernelVersion)).OfType<Version>().Order().ToList();
        if (old.Count < linux.Count && versions.Count > 0)
        {
            yield return Finding.Ok("kernels",
                $"{linux.Count - old.Count} of {nodes.Count} nodes have a kernel that can measure (the newest is {versions[^1]}); "
                + "BTF and hooks are tried by the agent, and each falls back to probing by itself.");
        }
    }

    /// <summary>Three names, and how many more.</summary>
    private static string Some(List<string> names) => names.Count <= 3
        ? string.Join(", ", names)
        : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more");

    /// <summary>Major and minor; null for what is no kernel's version.</summary>
    private static Version? Kernel(string? text)
    {
        var parts = (text ?? "").Split('.', '-');
        return parts.Length >= 2 && int.TryParse(parts[0], out var major) && int.TryParse(parts[1], out var minor)
            ? new(major, minor)
            : null;
    }
}
