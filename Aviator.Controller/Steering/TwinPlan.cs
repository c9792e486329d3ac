using Aviator.Core.Slices;

namespace Aviator.Controller.Steering;

/// <summary>What has to happen to the Service object that is (to be) a twin.</summary>
internal enum TwinAction
{
    /// <summary>It is as it should be.</summary>
    None,

    /// <summary>There is none, and its name is free.</summary>
    Create,

    /// <summary>Its spec has fallen behind the Service's.</summary>
    Align,

    /// <summary>
    /// It is the twin of an earlier Service of the same name, and will be collected with that one: it has to be created again.
    /// </summary>
    Replace,

    /// <summary>A Service that Aviator did not make has the name: nothing may be done to it.</summary>
    Refuse,
}

/// <summary>Compares a twin with its Service. Pure.</summary>
internal static class TwinPlan
{
    /// <param name="source">The Service.</param>
    /// <param name="found">The Service that has the twin's name; null when there is none.</param>
    public static TwinAction Of(ServiceShape source, ServiceShape? found) => found switch
    {
        null => TwinAction.Create,
        _ when found.TwinOfName != source.Name => TwinAction.Refuse,
        _ when found.OwnedBy != source.Uid => TwinAction.Replace,
        _ when found.Ports.Equals(source.Ports) && found.Frontend == source.Frontend && !IsSelectorBehind(source, found) => TwinAction.None,
        _ => TwinAction.Align,
    };

    /// <summary>A twin that was handed back has a selector that Kubernetes goes by, so it must be the Service's.</summary>
    public static bool IsSelectorBehind(ServiceShape source, ServiceShape found) =>
        IsHandedBack(found) && !found.Selector.Equals(source.PodSelector);

    /// <summary>Whether Kubernetes fills the twin's slices: it was given a selector, and no steering key.</summary>
    public static bool IsHandedBack(ServiceShape found) => found.Selector.Count > 0 && !found.IsKeyed;
}
