using Orleans.Runtime;
using Orleans.Services;

namespace Orleans
{
    /// <summary>A part of the runtime that can be called.</summary>
    public interface ISystemTarget : IAddressable
    {
    }

    /// <summary>A grain that gets reminders. A reminder may come late or twice.</summary>
    public interface IRemindable : IGrain
    {
        /// <summary>A reminder is due.</summary>
        Task ReceiveReminder(string reminderName, TickStatus status);
    }

    /// <summary>Stores reminders.</summary>
    public interface IReminderTable
    {
        /// <summary>Called when the silo starts.</summary>
        Task StartAsync(CancellationToken cancellationToken = default)
#pragma warning disable CS0618 // The default calls what it replaces.
            => Init();
#pragma warning restore CS0618

        /// <summary>Called when the silo starts.</summary>
        [Obsolete("Implement and use StartAsync instead")]
        Task Init() => Task.CompletedTask;

        /// <summary>The reminders of a grain.</summary>
        Task<ReminderTableData> ReadRows(GrainId grainId);

        /// <summary>The reminders whose grains' hash lies in (begin, end]; when begin is not less than end, those outside of (end, begin].</summary>
        Task<ReminderTableData> ReadRows(uint begin, uint end);

        /// <summary>One reminder.</summary>
        Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName);

        /// <summary>Writes a reminder.</summary>
        /// <returns>Its new version.</returns>
        Task<string?> UpsertRow(ReminderEntry entry);

        /// <summary>Removes a reminder of this version.</summary>
        /// <returns>Whether it was there.</returns>
        Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag);

        /// <summary>Removes all reminders.</summary>
        Task TestOnlyClearTable();

        /// <summary>Called when the silo stops.</summary>
        Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    /// <summary>Reminders as stored.</summary>
    [GenerateSerializer]
    public sealed class ReminderTableData
    {
        /// <summary>None.</summary>
        public ReminderTableData() => Reminders = [];

        /// <summary>Several.</summary>
        public ReminderTableData(IEnumerable<ReminderEntry> list) => Reminders = [.. list];

        /// <summary>One.</summary>
        public ReminderTableData(ReminderEntry entry) => Reminders = [entry];

        /// <summary>The reminders.</summary>
        [Id(0)]
        public IList<ReminderEntry> Reminders { get; private set; }

        /// <inheritdoc/>
        public override string ToString() => $"[{Reminders.Count} reminders: {string.Join(", ", Reminders)}.";
    }

    /// <summary>A reminder as stored.</summary>
    [GenerateSerializer]
    public sealed class ReminderEntry
    {
        /// <summary>The grain.</summary>
        [Id(0)]
        public GrainId GrainId { get; set; }

        /// <summary>The name.</summary>
        [Id(1)]
        public string ReminderName { get; set; } = null!;

        /// <summary>When it is due first.</summary>
        [Id(2)]
        public DateTime StartAt { get; set; }

        /// <summary>How often.</summary>
        [Id(3)]
        public TimeSpan Period { get; set; }

        /// <summary>The version.</summary>
        [Id(4)]
        public string? ETag { get; set; }

        /// <inheritdoc/>
        public override string ToString() => $"<GrainId={GrainId} ReminderName={ReminderName} Period={Period}>";
    }

    /// <summary>Ticks reminders.</summary>
    public interface IReminderService : IGrainService
    {
        /// <summary>Starts.</summary>
        Task Start();

        /// <summary>Stops.</summary>
        Task Stop();

        /// <summary>Registers a reminder or changes it.</summary>
        Task<IGrainReminder> RegisterOrUpdateReminder(GrainId grainId, string reminderName, TimeSpan dueTime, TimeSpan period);

        /// <summary>Removes a reminder.</summary>
        Task UnregisterReminder(IGrainReminder reminder);

        /// <summary>One reminder of a grain.</summary>
        Task<IGrainReminder?> GetReminder(GrainId grainId, string reminderName);

        /// <summary>The reminders of a grain.</summary>
        Task<List<IGrainReminder>> GetReminders(GrainId grainId);
    }

    /// <summary>What grains do with reminders.</summary>
    public static class GrainReminderExtensions
    {
        /// <summary>Registers a reminder or changes it.</summary>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(this Grain grain, string reminderName, TimeSpan dueTime, TimeSpan period) =>
            ((IGrainBase)grain).RegisterOrUpdateReminder(reminderName, dueTime, period);

        /// <summary>Registers a reminder or changes it.</summary>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(this IGrainBase grain, string reminderName, TimeSpan dueTime, TimeSpan period)
        {
            ArgumentNullException.ThrowIfNull(grain);
            if (string.IsNullOrWhiteSpace(reminderName))
            {
                throw new ArgumentNullException(nameof(reminderName));
            }

            return grain is IRemindable
                ? RegistryOf(grain).RegisterOrUpdateReminder(grain.GrainContext.GrainId, reminderName, dueTime, period)
                : throw new InvalidOperationException(
                    $"Grain {grain.GrainContext.GrainId} is not '{nameof(IRemindable)}'. A grain should implement {nameof(IRemindable)} to use the persistent reminder service");
        }

        /// <summary>Removes a reminder.</summary>
        public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder) => ((IGrainBase)grain).UnregisterReminder(reminder);

        /// <summary>Removes a reminder.</summary>
        public static Task UnregisterReminder(this IGrainBase grain, IGrainReminder reminder)
        {
            ArgumentNullException.ThrowIfNull(grain);
            return RegistryOf(grain).UnregisterReminder(grain.GrainContext.GrainId, reminder);
        }

        /// <summary>One reminder of the grain.</summary>
        public static Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName) => ((IGrainBase)grain).GetReminder(reminderName);

        /// <summary>One reminder of the grain.</summary>
        public static Task<IGrainReminder?> GetReminder(this IGrainBase grain, string reminderName)
        {
            ArgumentNullException.ThrowIfNull(grain);
            return string.IsNullOrWhiteSpace(reminderName)
                ? throw new ArgumentNullException(nameof(reminderName))
                : RegistryOf(grain).GetReminder(grain.GrainContext.GrainId, reminderName);
        }

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this Grain grain) => ((IGrainBase)grain).GetReminders();

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this IGrainBase grain)
        {
            ArgumentNullException.ThrowIfNull(grain);
            return RegistryOf(grain).GetReminders(grain.GrainContext.GrainId);
        }

        /// <summary>Registers a reminder or changes it. What was begun is not taken back when the caller waits no longer.</summary>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(this Grain grain, string reminderName, TimeSpan dueTime, TimeSpan period, CancellationToken cancellationToken) =>
            ((IGrainBase)grain).RegisterOrUpdateReminder(reminderName, dueTime, period, cancellationToken);

        /// <summary>Registers a reminder or changes it. What was begun is not taken back when the caller waits no longer.</summary>
        public static Task<IGrainReminder> RegisterOrUpdateReminder(this IGrainBase grain, string reminderName, TimeSpan dueTime, TimeSpan period, CancellationToken cancellationToken) =>
            Unless(() => grain.RegisterOrUpdateReminder(reminderName, dueTime, period), cancellationToken);

        /// <summary>Removes a reminder. What was begun is not taken back when the caller waits no longer.</summary>
        public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder, CancellationToken cancellationToken) => ((IGrainBase)grain).UnregisterReminder(reminder, cancellationToken);

        /// <summary>Removes a reminder. What was begun is not taken back when the caller waits no longer.</summary>
        public static Task UnregisterReminder(this IGrainBase grain, IGrainReminder reminder, CancellationToken cancellationToken) => Unless(
            async () =>
            {
                await grain.UnregisterReminder(reminder);
                return true;
            },
            cancellationToken);

        /// <summary>One reminder of the grain.</summary>
        public static Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName, CancellationToken cancellationToken) => ((IGrainBase)grain).GetReminder(reminderName, cancellationToken);

        /// <summary>One reminder of the grain.</summary>
        public static Task<IGrainReminder?> GetReminder(this IGrainBase grain, string reminderName, CancellationToken cancellationToken) => Unless(() => grain.GetReminder(reminderName), cancellationToken);

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this Grain grain, CancellationToken cancellationToken) => ((IGrainBase)grain).GetReminders(cancellationToken);

        /// <summary>The reminders of the grain.</summary>
        public static Task<List<IGrainReminder>> GetReminders(this IGrainBase grain, CancellationToken cancellationToken) => Unless(grain.GetReminders, cancellationToken);

        private static Task<T> Unless<T>(Func<Task<T>> act, CancellationToken cancellationToken) =>
            cancellationToken.IsCancellationRequested ? Task.FromCanceled<T>(cancellationToken) : act().WaitAsync(cancellationToken);

        private static Timers.IReminderRegistry RegistryOf(IGrainBase grain) =>
            (Timers.IReminderRegistry?)grain.GrainContext.ActivationServices.GetService(typeof(Timers.IReminderRegistry))
            ?? throw new InvalidOperationException("Reminders are not set up. Call UseInMemoryReminderService or add another reminder table.");
    }
}

namespace Orleans.Services
{
    /// <summary>A service of a silo.</summary>
    public interface IGrainService : ISystemTarget
    {
    }

    /// <summary>Reaches a service of a silo.</summary>
    public interface IGrainServiceClient<TGrainService>
        where TGrainService : IGrainService
    {
    }
}

namespace Orleans.Timers
{
    /// <summary>The reminders of the silo as grains see them.</summary>
    public interface IReminderRegistry : IGrainServiceClient<IReminderService>
    {
        /// <summary>Registers a reminder or changes it.</summary>
        Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period);

        /// <summary>Removes a reminder.</summary>
        Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder);

        /// <summary>One reminder of a grain.</summary>
        Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName);

        /// <summary>The reminders of a grain.</summary>
        Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId);
    }
}

namespace Orleans.Runtime
{
    /// <summary>A reminder.</summary>
    public interface IGrainReminder
    {
        /// <summary>Its name.</summary>
        string ReminderName { get; }
    }

    /// <summary>When a reminder is due.</summary>
    [GenerateSerializer]
    [Immutable]
    public readonly struct TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
    {
        /// <summary>When it was due first.</summary>
        [Id(0)]
        public DateTime FirstTickTime { get; } = firstTickTime;

        /// <summary>How often.</summary>
        [Id(1)]
        public TimeSpan Period { get; } = period;

        /// <summary>Now.</summary>
        [Id(2)]
        public DateTime CurrentTickTime { get; } = timeStamp;

        /// <inheritdoc/>
        public override string ToString() => $"<{FirstTickTime}, {Period}, {CurrentTickTime}>";
    }

    /// <summary>A reminder could not be stored.</summary>
    [GenerateSerializer]
    public sealed class ReminderException(string message) : OrleansException(message)
    {
    }
}

namespace Orleans.Hosting
{
    /// <summary>How reminders are treated.</summary>
    public sealed class ReminderOptions
    {
        /// <summary>The shortest period.</summary>
        public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>How often the table is read again.</summary>
        public TimeSpan RefreshReminderListPeriod { get; set; } = TimeSpan.FromMinutes(5);

        /// <summary>How far ahead reminders are held in memory.</summary>
        public TimeSpan ReminderLoadingWindow { get; set; } = TimeSpan.FromMinutes(60);

        /// <summary>How long the first read may take.</summary>
        public TimeSpan InitializationTimeout { get; set; } = TimeSpan.FromMinutes(5);
    }
}
