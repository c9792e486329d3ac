using System.Globalization;
using System.Net;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;

namespace Aviator.Agent.Interest;

/// <summary>
/// Works out which endpoints of this node the policies want measured: policy → Service → pods by selector → addresses and ports. Pure; the
/// order of the inputs makes no difference.
/// </summary>
internal static class InterestPlanner
{
    /// <summary>Plans the measuring of <paramref name="pods"/>, which are this node's alone.</summary>
    public static InterestPlan Plan(IEnumerable<PolicyView> policies, IEnumerable<ServiceView> services, IEnumerable<PodView> pods)
    {
        var byName = services.ToDictionary(service => (service.Namespace, service.Name));
        var all = pods.ToList();
        var podsByNamespace = all.ToLookup(pod => pod.Namespace);
        var rows = new Dictionary<EndpointAddress, (EndpointInterest Row, PodView Pod)>();
        var unmeasurable = new SortedDictionary<(string, string), UnmeasurablePod>();
        var oldestFirst = policies.OrderBy(policy => policy.CreatedAt)
            .ThenBy(policy => policy.Namespace, StringComparer.Ordinal).ThenBy(policy => policy.Name, StringComparer.Ordinal);
        foreach (var policy in oldestFirst)
        {
            if (!byName.TryGetValue((policy.Namespace, policy.Service), out var service)) continue;
            foreach (var pod in podsByNamespace[policy.Namespace].Where(pod => Selects(service, pod)))
            {
                if (pod.HostNetwork)
                    unmeasurable[(pod.Namespace, pod.Name)] =
                        new(pod.Namespace, pod.Name, "it uses the host's network, so its address is the node's own");
                else
                    foreach (var row in Rows(policy, service, pod)) Add(rows, row, pod);
            }
        }

        // The row that carries the probe comes first of its pod and port: a reader that keeps one row of a dual-stack pod keeps that.
        var ordered = rows.Values.Select(entry => entry.Row)
            .OrderBy(row => row.Namespace, StringComparer.Ordinal).ThenBy(row => row.Pod, StringComparer.Ordinal)
            .ThenBy(row => row.Key.Port).ThenBy(row => row.Probe is null).ThenBy(row => row.Key.Address.ToString(), StringComparer.Ordinal);
        return new InterestPlan([.. ordered], [.. unmeasurable.Values]) { Meshed = FindMeshed(all) };
    }

    /// <summary>Of several the first by name, so that the same pods give the same plan.</summary>
    private static (string Pod, string Mesh)? FindMeshed(IEnumerable<PodView> pods) => pods.Where(pod => pod.Mesh is not null)
        .Select(pod => ((string Pod, string Mesh)?)($"{pod.Namespace}/{pod.Name}", pod.Mesh!))
        .MinBy(pod => pod!.Value.Pod, StringComparer.Ordinal);

    private static bool Selects(ServiceView service, PodView pod)
    {
        var keys = 0;
        foreach (var (key, value) in service.Selector)
        {
            // The key that steering adds matches no pod, so pods are matched without it.
            if (key == AviatorNames.SteeredKey) continue;
            if (!pod.Labels.TryGetValue(key, out var label) || label != value) return false;
            keys++;
        }

        return keys > 0;
    }

    private static IEnumerable<EndpointInterest> Rows(PolicyView policy, ServiceView service, PodView pod)
    {
        var deciding = policy.ServicePort is null
            ? service.Ports[0]
            : service.Ports.FirstOrDefault(port =>
                port.Name == policy.ServicePort || port.Port.ToString(CultureInfo.InvariantCulture) == policy.ServicePort);
        var addresses = Addresses(service, pod);
        foreach (var port in service.Ports)
        {
            if (TargetPort(port, pod) is not { } number) continue;
            for (var i = 0; i < addresses.Count; i++)
            {
                var (key, speaks) = (EndpointAddress.Of(addresses[i], number), i == 0 && port == deciding);
                var probe = speaks
                    ? new ProbeTarget(policy.ProbePort ?? number, policy.ProbePath, policy.Source == LatencySource.Probe)
                    : null;
                yield return new EndpointInterest(key, pod.Uid, pod.Namespace, pod.Name, pod.Ready, probe)
                {
                    Engine = speaks && policy.Engine is { } engine ? new(engine.Engine, engine.Port ?? number, engine.Path) : null,
                };
            }
        }
    }

    /// <summary>The pod's addresses of the Service's families, in the Service's order: its primary family first.</summary>
    private static IReadOnlyList<IPAddress> Addresses(ServiceView service, PodView pod) => service.Families.Count == 0
        ? pod.Addresses
        : [.. service.Families.SelectMany(family => pod.Addresses.Where(address => address.AddressFamily == family))];

    private static int? TargetPort(ServicePortView port, PodView pod) =>
        int.TryParse(port.TargetPort, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : pod.NamedPorts.TryGetValue(port.TargetPort, out var named) ? named
        : null;

    /// <summary>
    /// Adds a row, or unites it with the one that another policy or port brought. The younger pod keeps an address that two pods show while
    /// the older one is on its way out; the older policy's probe and engine stay, and the probe runs always if any policy wants that.
    /// </summary>
    private static void Add(Dictionary<EndpointAddress, (EndpointInterest Row, PodView Pod)> rows, EndpointInterest row, PodView pod)
    {
        if (!rows.TryGetValue(row.Key, out var present) || (present.Pod.Uid != pod.Uid && IsYounger(pod, present.Pod)))
            rows[row.Key] = (row, pod);
        else if (present.Pod.Uid == pod.Uid)
            rows[row.Key] = (
                present.Row with { Probe = Unite(present.Row.Probe, row.Probe), Engine = present.Row.Engine ?? row.Engine }, pod);
    }

    private static bool IsYounger(PodView pod, PodView other) =>
        pod.CreatedAt != other.CreatedAt ? pod.CreatedAt > other.CreatedAt : string.CompareOrdinal(pod.Uid, other.Uid) > 0;

    private static ProbeTarget? Unite(ProbeTarget? older, ProbeTarget? newer) =>
        older is null ? newer : older with { Always = older.Always || newer is { Always: true } };
}
