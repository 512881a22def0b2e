using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// People of the simulated directory who ask for their managers, each with a manager of their own: so the path of every call says in whose turn it was made, and since a person takes one turn after the
/// other, how long the directory itself took of each turn is known exactly.
/// </summary>
internal sealed class LoadPeople : IDisposable
{
    /// <summary>What the playbook asks the directory for: the person by mail address, the person again for the manager's id, and the manager.</summary>
    private const int CallsPerTurn = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly EnterpriseSimulation _simulation;
    private readonly Dictionary<string, Person> _byKey = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Person?> _byPath = new(StringComparer.Ordinal);

    private LoadPeople(EnterpriseSimulation simulation) => _simulation = simulation;

    /// <summary>The people, without their managers.</summary>
    public List<Person> All { get; } = [];

    /// <summary>Makes people and their managers known to the directory and begins to tell its calls apart.</summary>
    public static async Task<LoadPeople> CreateAsync(EnterpriseSimulation simulation, HttpClient http, int count, CancellationToken cancellationToken)
    {
        var people = new LoadPeople(simulation);
        for (var number = 0; number < count; number++)
        {
            var manager = await people.HireAsync(http, "Manager", number, null, cancellationToken);
            var person = new Person(new LoadUser($"u-load-{number}", $"Load Person{number}", Mail("person", number)));
            people._byKey.Add(manager, person);
            people._byKey.Add(person.User.Email, person);
            people._byKey.Add(await people.HireAsync(http, "Person", number, manager, cancellationToken), person);
            people.All.Add(person);
        }

        simulation.OnHandled = people.OnHandled;
        return people;
    }

    public void Dispose() => _simulation.OnHandled = null;

    private static string Mail(string kind, int number) => $"load.{kind}{number}@acme.example";

    private async Task<string> HireAsync(HttpClient http, string kind, int number, string? managerId, CancellationToken cancellationToken)
    {
        var mail = Mail(kind, number).ToLowerInvariant();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_simulation.Okta, "/api/v1/users"))
        {
            Content = JsonContent.Create(new { profile = new { login = mail, email = mail, firstName = "Load", lastName = $"{kind}{number}", managerId } }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("SSWS", _simulation.Credentials.OktaApiToken);
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    private void OnHandled(string path, TimeSpan taken)
    {
        if (_byPath.GetOrAdd(path, Find) is { } person)
        {
            person.Add(taken);
        }
    }

    // By the mail address that is searched for, or by the id at the path's end.
    private Person? Find(string path)
    {
        var parts = Uri.UnescapeDataString(path).Split('"');
        var key = parts.Length == 3 ? parts[1] : path[(path.LastIndexOf('/') + 1)..];
        return _byKey.GetValueOrDefault(key);
    }

    /// <summary>One person, who takes one turn after the other.</summary>
    internal sealed class Person(LoadUser user)
    {
        private readonly Lock _lock = new();
        private TimeSpan _taken;
        private int _calls;

        public LoadUser User => user;

        public void Add(TimeSpan taken)
        {
            lock (_lock)
            {
                _taken += taken;
                _calls++;
            }
        }

        /// <summary>How long the directory took of the turn that has just ended, and forgets it. A call counts when its handler returns, which may be a moment after its answer was read.</summary>
        /// <exception cref="InvalidOperationException">The turn made another number of calls than it should, so that nothing can be said about it.</exception>
        public async Task<TimeSpan> TakeHandledAsync(CancellationToken cancellationToken)
        {
            var started = TimeProvider.System.GetTimestamp();
            while (true)
            {
                lock (_lock)
                {
                    if (_calls == CallsPerTurn)
                    {
                        var taken = _taken;
                        (_taken, _calls) = (TimeSpan.Zero, 0);
                        return taken;
                    }

                    if (_calls > CallsPerTurn || TimeProvider.System.GetElapsedTime(started) > Patience)
                    {
                        throw new InvalidOperationException($"A turn made {_calls} calls of the directory instead of {CallsPerTurn}.");
                    }
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            }
        }
    }
}
