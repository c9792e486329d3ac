namespace Aviator.Controller.Policies;

/// <summary>What the routings have in common.</summary>
internal static class PolicyRoutings
{
    /// <summary>Whether the nodes' kernels are sent orders.</summary>
    public static bool OrdersKernels(this PolicyRouting routing) => routing is PolicyRouting.Kernel or PolicyRouting.KernelAndService;

    /// <summary>Whether the Service's own selector and slices are used.</summary>
    public static bool SteersTheService(this PolicyRouting routing) => routing is PolicyRouting.Service or PolicyRouting.KernelAndService;
}
