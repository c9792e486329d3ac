namespace Aviator.Tests.Cluster.Figures;

/// <summary>A pod that is an object of the API server only: no kubelet runs it.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its UID.</param>
/// <param name="Address">Its IP address.</param>
/// <param name="Node">Its node, which is an object only too.</param>
internal sealed record PaperPod(string Namespace, string Name, string Uid, string Address, string Node);
