using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Tests.Extraction;
using Steward.Engines.Models;
using Steward.Grains.Tests.Hosting;
using Steward.Memory;

namespace Steward.Grains.Tests.Memory;

/// <summary>What a model's answers about messages become, whatever they are.</summary>
public class ModelExtractionTests
{
    public static TheoryData<string> Names => [.. ModelCase.All.Select(tried => tried.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Read_AnswerOfAModel_TakesOnlyWhatTheAuthorSays(string name)
    {
        var tried = ModelCase.All.Single(one => one.Name == name);
        var model = new Answers(tried.Answer);
        var reader = new MessageReader(new RuleExtractor(), model, Options.Create(new MemoryOptions { ExtractsWithModel = true }), TimeProvider.System, NullLogger<MessageReader>.Instance);

        var taken = await reader.ReadAsync("t-acme", "u-ada", "r-1", tried.Message);

        Assert.Equal(1, model.Asked);
        Assert.Equal(tried.Taken, taken.Select(said => $"{(said.IsRetraction ? "-" : "")}{said.Slot}={said.Value}"));
        Assert.All(taken, said => Assert.Equal(Statement.Speaker, said.Subject));
    }

    // The forms give up after a second: a first message after a start on a machine that has much to do said nothing otherwise.
    [Theory]
    [InlineData(0, 1, 10)]
    [InlineData(1, 2, 10)]
    [InlineData(2, 3, 10)]
    [InlineData(9, 3, 10)]
    [InlineData(9, 1, 10_000)]
    public async Task Read_RulesTakeSoLongThatTheyMayHaveGivenUp_ReadAgain(int slow, int reads, int length)
    {
        var rules = new SlowRules(slow);
        var reader = new MessageReader(rules, new Answers(null), Options.Create(new MemoryOptions()), rules.Time, NullLogger<MessageReader>.Instance);

        var taken = await reader.ReadAsync("t-acme", "u-ada", "r-1", new string('x', length));

        Assert.Equal((reads, slow < reads ? 1 : 0), (rules.Reads, taken.Count));
    }

    private sealed class SlowRules(int slow) : IStatementExtractor
    {
        public ShiftedTime Time { get; } = new() { MovesTimestamps = true };

        public int Reads { get; private set; }

        public ValueTask<IReadOnlyList<Statement>> ExtractAsync(string text, CancellationToken cancellationToken)
        {
            Time.Advance(TimeSpan.FromSeconds(++Reads <= slow ? 1 : 0));
            return ValueTask.FromResult<IReadOnlyList<Statement>>(Reads <= slow ? [] : [new Statement { Kind = Engines.Memory.MemoryKind.Fact, Subject = Statement.Speaker, Slot = "manager", Value = "Jane Doe" }]);
        }
    }

    private sealed class Answers(string? answer) : IChatModel, IChatModelProvider
    {
        public string Name => "scripted";

        public int Asked { get; private set; }

        public IChatModel ForTenant(string tenantId) => this;

        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Asked++;
            await Task.CompletedTask;
            yield return new ChatText(answer ?? throw new ModelException("model_unavailable", "It is down."));
        }
    }
}
