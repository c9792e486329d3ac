using System.Collections.Concurrent;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

[Trait("Catalogue", "23")]
public sealed class ReflectorTests : IAsyncLifetime
{
    private static readonly ReflectorOptions Quick = new()
    {
        Backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50)),
        ShortWatch = TimeSpan.Zero,
    };

    private readonly KeptLog _log = new();
    private readonly ObjectStore<string> _store = new();
    private readonly ConcurrentQueue<string> _changes = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ScriptedAnswers _script = new();
    private FakeApiServer _server = null!;
    private Reflector<V1Pod, string>? _reflector;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        _store.Subscribe(change => _changes.Enqueue($"{change.Key.Name}:{change.Old}>{change.New}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10));
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Run_ListOfSeveralPages_ReadsAllBeforeItIsSynced()
    {
        _script.List("10", "page2", ("a", "1")).List("10", "page3", ("b", "2")).List("10", null, ("c", "3")).Watch(hold: true);

        Start();
        await _store.WhenSyncedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b", "c"], _store.InNamespace("shop").Keys.Order());
        await Eventually.TrueAsync(() => _server.Requests.Count == 4, "three pages and a watch");
        Assert.Contains("continue=page3", _server.Requests.ElementAt(2), StringComparison.Ordinal);
        Assert.Contains("resourceVersion=10&", _server.Requests.ElementAt(3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ServerIsAwayAtTheStart_LogsItOnceAndItsReturnOnce()
    {
        for (var refusal = 0; refusal < 4; refusal++) _script.Status(503, "ServiceUnavailable");
        _script.List("10", null).Watch(hold: true);

        Start();
        await _store.WhenSyncedAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => _server.Requests.Count == 6, "four refusals, a list and a watch");

        Assert.Equal(
            ["Warning Cannot list or watch pods, retrying: scripted 503 ", "Information Listing and watching pods again after 4 failures "],
            _log.Text.Split('\n').Where(line => !line.StartsWith("Debug ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_ContinueTokenExpired_StartsTheListOver()
    {
        _script.List("10", "page2", ("a", "1")).Status(410, "Expired").List("20", null, ("b", "2")).Watch(hold: true);

        Start();
        await _store.WhenSyncedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["b"], _store.InNamespace("shop").Keys);
    }

    [Fact]
    public async Task Run_WatchRequestAnswers410_ListsAgainAndTellsTheDifferenceOnce()
    {
        _script.List("10", null, ("a", "1"), ("b", "2"), ("c", "3")).Status(410, "Expired")
            .List("20", null, ("a", "1"), ("b", "9"), ("d", "4")).Watch(hold: true);

        Start();
        await Eventually.TrueAsync(() => _reflector!.Lists == 2 && _reflector.Watches == 2, "a second list and watch");

        Assert.Equal(["a:>1", "b:>2", "c:>3", "b:2>9", "d:>4", "c:3>"], _changes);
    }

    [Fact]
    public async Task Run_410InsideTheStream_ListsAgain()
    {
        _script.List("10", null, ("a", "1"))
            .Watch(hold: false, ScriptedAnswers.Event("ADDED", "b", "11"), ScriptedAnswers.Error(410, "Expired"))
            .List("20", null, ("a", "1")).Watch(hold: true);

        Start();
        await Eventually.TrueAsync(() => _reflector!.Lists == 2, "a second list");

        Assert.Equal(["a"], _store.InNamespace("shop").Keys);
        Assert.Equal(["a:>1", "b:>11", "b:11>"], _changes);
    }

    [Fact]
    public async Task Run_StreamEndsWithoutAWord_ResumesFromTheLastVersion()
    {
        _script.List("10", null).Watch(hold: false, ScriptedAnswers.Event("ADDED", "a", "11"), ScriptedAnswers.Bookmark("15"))
            .Watch(hold: true);

        Start();
        await Eventually.TrueAsync(() => _server.Requests.Count == 3, "a second watch");

        Assert.Contains("resourceVersion=15&", _server.Requests.ElementAt(2), StringComparison.Ordinal);
        Assert.Equal(1, _reflector!.Lists);
    }

    [Fact]
    public async Task Run_ConnectionBreaksInsideAnEvent_ResumesFromTheLastWholeOne()
    {
        var half = ScriptedAnswers.Event("ADDED", "b", "12")[..20];
        _script.List("10", null).Watch(hold: false, ScriptedAnswers.Event("ADDED", "a", "11"), half)
            .Watch(hold: true, ScriptedAnswers.Event("ADDED", "b", "12"));

        Start();
        await Eventually.TrueAsync(() => _store.Count == 2, "the event that was cut");

        Assert.Contains("resourceVersion=11&", _server.Requests.ElementAt(2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WatchKeepsBeingRefused_ListsAgain()
    {
        _script.List("10", null, ("a", "1"));
        for (var i = 0; i < Quick.RefusalsBeforeRelist; i++) _script.Status(504, "Timeout");
        _script.List("5", null, ("z", "2")).Watch(hold: true);

        Start();
        await Eventually.TrueAsync(() => _store.Find(new("shop", "z")) is not null, "the list after the refusals");
    }

    [Fact]
    public async Task Run_WatchesThatEndAtOnce_PausesGrow()
    {
        _script.List("10", null);
        for (var i = 0; i < 1000; i++) _script.Watch(hold: false);
        var options = Quick with
        {
            ShortWatch = TimeSpan.FromMinutes(1),
            Backoff = new(TimeSpan.FromMilliseconds(40), TimeSpan.FromSeconds(30))
        };

        Start(options);
        await Eventually.TrueAsync(() => _reflector!.Watches >= 4, "some watches");

        // The pauses before the 4th watch were at least 20, 40 and 80 ms; without them thousands would have passed by then.
        Assert.InRange(_reflector!.Watches, 4, 6);
    }

    [Fact]
    public async Task Run_ServerFallsSilent_WatchdogResumes()
    {
        var time = new FakeTimeProvider();
        _script.List("10", null).Watch(hold: true, ScriptedAnswers.Bookmark("12")).Watch(hold: true);

        Start(Quick, time);
        await Eventually.TrueAsync(() => _reflector!.Events == 1, "the bookmark");
        time.Advance(Quick.MaxSilence + TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => _server.Requests.Count == 3, "a second watch");

        Assert.Contains("resourceVersion=12&", _server.Requests.ElementAt(2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_EachWatch_AsksForItsOwnRandomEnd()
    {
        _script.List("10", null);
        for (var i = 0; i < 12; i++) _script.Watch(hold: false, ScriptedAnswers.Bookmark("11"));

        Start();
        await Eventually.TrueAsync(() => _server.Requests.Count > 12, "a dozen watches");

        var ends = _server.Requests.Skip(1).Take(12).Select(request => int.Parse(request.Split("timeoutSeconds=")[1], null)).ToList();
        Assert.All(ends, end => Assert.InRange(end, 300, 600));
        Assert.True(ends.Distinct().Count() > 3, string.Join(' ', ends));
    }

    [Fact]
    public async Task Run_SelectorsAndNamespace_AreSentOnListAndWatch()
    {
        _script.List("10", null).Watch(hold: true);

        Start(scope: new ResourceScope("shop", "app=web", "spec.nodeName=n1"));
        await Eventually.TrueAsync(() => _server.Requests.Count == 2, "list and watch");

        Assert.All(_server.Requests, request =>
        {
            Assert.StartsWith("/api/v1/namespaces/shop/pods?", request, StringComparison.Ordinal);
            Assert.Contains("labelSelector=app%3Dweb", request, StringComparison.Ordinal);
            Assert.Contains("fieldSelector=spec.nodeName%3Dn1", request, StringComparison.Ordinal);
        });
    }

    private void Start(ReflectorOptions? options = null, TimeProvider? time = null, ResourceScope? scope = null)
    {
        var client = new ResourceClient<V1Pod>(_server.Connect(time), ResourceKind.Pods, scope ?? ResourceScope.All);
        _reflector = new(client, _store, item => item.ResourceVersion, options ?? Quick, time ?? TimeProvider.System, _log);
        _running = _reflector.RunAsync(_stop.Token);
    }
}
