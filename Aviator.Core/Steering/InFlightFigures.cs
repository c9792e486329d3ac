namespace Aviator.Core.Steering;

/// <summary>What an order says of the requests in flight at one endpoint.</summary>
/// <param name="Requests">How many, 0 or more.</param>
/// <param name="StandsIn">
/// Whether this is the middle endpoint's figure, because the endpoint's own is not known, or says nothing of its load.
/// </param>
public readonly record struct InFlightFigure(int Requests, bool StandsIn = false);

/// <summary>Requests in flight at the endpoints of one port, as an order tells them.</summary>
public static class InFlightFigures
{
    /// <summary>
    /// A figure that is missing counts as the middle one of those that are known: as none it would draw connections, for no merit.
    /// </summary>
    /// <param name="known">One for each endpoint; null where it is not known.</param>
    /// <returns>The same with no gap and nothing below 0; 0 for all where none is known.</returns>
    public static IReadOnlyList<InFlightFigure> WithoutGaps(IReadOnlyCollection<int?> known)
    {
        var figures = known.OfType<int>().Order().ToList();
        var usual = figures.Count == 0 ? 0 : figures[(figures.Count - 1) / 2];
        return [.. known.Select(figure => new InFlightFigure(Math.Max(0, figure ?? usual), StandsIn: figure is null))];
    }
}
