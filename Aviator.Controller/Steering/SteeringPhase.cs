namespace Aviator.Controller.Steering;

/// <summary>Where a Service stands between plain and steered. Always computed from what is seen, so it survives any restart.</summary>
internal enum SteeringPhase
{
    /// <summary>Nothing of Aviator's is on the Service.</summary>
    Released,

    /// <summary>Taking over: own slices with plain membership are being published; the selector has no key yet.</summary>
    Publishing,

    /// <summary>Taking over: the key is set, the default slices are not empty yet; own slices hold plain membership.</summary>
    Emptying,

    /// <summary>Own slices alone carry the traffic, by the decision.</summary>
    Steered,

    /// <summary>Another writer took the key away; own slices hold plain membership until the next attempt.</summary>
    Contested,

    /// <summary>Handing back: the key is still set; own slices go to plain membership first.</summary>
    Unselecting,

    /// <summary>Handing back: the key is gone, the default slices do not hold all ready pods yet.</summary>
    Refilling,

    /// <summary>Handing back: default slices are full; own slices stay until every kube-proxy has surely seen that.</summary>
    Holding,

    /// <summary>The Service is not there, or is being deleted: its slices go with it.</summary>
    Gone,
}
