namespace Aviator.Core.Steering;

/// <summary>
/// What is in flight at an endpoint beside the connections that this node has open to it, as a number to add to theirs. Both figures are
/// means over the last orders: a report is a second old when it is used, and taken for a figure of now it would send everybody to whoever
/// was idle a second ago. What this node opens and closes is known by the moment, and counts as it happens. So the sum is the mean in
/// flight, moved by how far the node's own connections are from their mean; where clients keep idle connections, only what they open beyond
/// these counts. Simulated (eng/simulation), the mean of the own figures must be of the time of the reported ones: a mean that runs ahead
/// takes more off an endpoint the faster its queue grows.
/// </summary>
public struct InFlightMean
{
    /// <summary>
    /// Share of the newest figure, which comes once a second: nine tenths of a mean are of the last 22. Each is a count at one moment, and
    /// the difference of two such counts is mostly chance.
    /// </summary>
    private const double Newest = 0.1;

    /// <summary>
    /// The same share of a figure that stands in. An endpoint that fails at once must not draw everybody for as long as a mean takes; but
    /// where all fail now and then, as in an overload, the figures that stand in change by the second.
    /// </summary>
    private const double StandIn = 0.3;

    /// <summary>
    /// As many in a row, and the mean has caught up. From then on it must be no quicker than the others' means: it would run ahead of them
    /// where their queues grow, look the more loaded the faster they do, and leave its part of the load to them.
    /// </summary>
    private const int CaughtUp = 6;

    private double _all;
    private double _own;
    private int _before;
    private int _figures;
    private int _standing;

    /// <summary>What to add to the connections that are open now, rounded; below 0 where more are open than are in flight.</summary>
    public readonly int Beside => (int)Math.Round(_all - _own);

    /// <summary>Takes the figures of an order in.</summary>
    /// <param name="reported">Requests in flight there by its node's last report, or what stands in for them.</param>
    /// <param name="own">Connections that this node has open to it.</param>
    /// <returns><see cref="Beside"/> with them.</returns>
    public int Next(InFlightFigure reported, int own)
    {
        if (_figures == 0) _before = own;
        // Until there are enough of them, each counts the same.
        _figures = Math.Min(_figures + 1, (int)(1 / Newest));
        var newest = 1.0 / _figures;
        _standing = reported.StandsIn ? Math.Min(_standing + 1, CaughtUp + 1) : 0;
        // A report is about an order's interval old when it comes, so it is of the time of the connections counted with the order before.
        _all += (_standing is > 0 and <= CaughtUp ? Math.Max(newest, StandIn) : newest) * (reported.Requests - _all);
        _own += newest * (_before - _own);
        _before = own;
        return Beside;
    }
}
