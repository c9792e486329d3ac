using System.Runtime.CompilerServices;
using Aviator.Core.Slices;

namespace Aviator.Controller.Cluster;

/// <summary>
/// Finds the pods of a selector without looking at every pod of the namespace: a thousand Services of one namespace would else look at
/// ten thousand pods each, several times an evaluation. An index belongs to one snapshot of a namespace, is made when that is first asked
/// for, and goes with it. Safe for several threads.
/// </summary>
internal sealed class PodsByLabel
{
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, PodFacts>, Index> _indexes = [];

    /// <summary>The pods that a selector matches; an empty selector matches none.</summary>
    /// <param name="pods">A snapshot of all pods of a namespace: the same object for as long as they are the same.</param>
    /// <param name="selector">The selector.</param>
    public IEnumerable<PodFacts> Matching(IReadOnlyDictionary<string, PodFacts> pods, LabelSet selector)
    {
        if (selector.Count == 0) return [];
        var index = _indexes.GetValue(pods, snapshot => new(snapshot.Values));
        var fewest = selector.All.Select(label => index.Having(label.Key, label.Value)).MinBy(having => having.Count)!;
        return selector.Count == 1 ? fewest : fewest.Where(pod => selector.Matches(pod.Shape.Labels));
    }

    private sealed class Index
    {
        private readonly Dictionary<(string Key, string Value), List<PodFacts>> _pods = [];

        public Index(IEnumerable<PodFacts> pods)
        {
            foreach (var pod in pods)
            {
                foreach (var (key, value) in pod.Shape.Labels.All)
                {
                    if (!_pods.TryGetValue((key, value), out var having)) _pods[(key, value)] = having = [];
                    having.Add(pod);
                }
            }
        }

        /// <summary>The pods that have a label of that value.</summary>
        public List<PodFacts> Having(string key, string value) => _pods.GetValueOrDefault((key, value), []);
    }
}
