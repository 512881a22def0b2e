// Appends to journals until it is killed, and says after each append that it was acknowledged. Used by the tests of durability.
// Arguments: Sqlite|PostgreSql, the file or - to read the connection string from standard input, number of concurrent journals.
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Storage;

var provider = Enum.Parse<StorageProvider>(args[0]);
var location = args[1] == "-" ? Console.ReadLine()! : args[1];
var journals = int.Parse(args[2], CultureInfo.InvariantCulture);

var services = new ServiceCollection();
services.AddLogging();
services.AddStewardStorage(options =>
{
    options.Provider = provider;
    if (provider == StorageProvider.Sqlite)
    {
        options.SqliteFile = location;
    }
    else
    {
        options.ConnectionString = location;
    }
});
await using var container = services.BuildServiceProvider();
await container.GetRequiredService<StorageMigrator>().MigrateAsync();
var store = container.GetRequiredService<IJournalStore>();
using var output = Console.OpenStandardOutput();
var gate = new Lock();
await Task.WhenAll(Enumerable.Range(0, journals).Select(WriteAsync));

async Task WriteAsync(int number)
{
    var journal = string.Create(CultureInfo.InvariantCulture, $"t-acme/r-{number}");
    var sequence = (await store.GetHeadAsync(journal))?.Sequence ?? 0;
    while (true)
    {
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}:{sequence + 1}"));
        var append = new JournalAppend
        {
            Journal = journal,
            ExpectedSequence = sequence,
            Open = true,
            Wake = new JournalWake(DateTimeOffset.UnixEpoch.AddSeconds(sequence + 1)),
            Records = [new JournalRecord { Type = "step", At = DateTimeOffset.UnixEpoch, Payload = payload }],
            Contents = [new StoredContent(ContentHash.Of(payload), payload)],
        };
        if (await store.AppendAsync(append) is not JournalAppended appended)
        {
            throw new InvalidOperationException($"{journal} has another writer.");
        }

        sequence = appended.Sequence;
        var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number} {sequence}\n"));
        lock (gate)
        {
            // One unbuffered write per acknowledgement: a whole line or, when killed in the middle, a part without its end.
            output.Write(line);
            output.Flush();
        }
    }
}
