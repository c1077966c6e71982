package jobs
import "github.com/spf13/cobra"
func scheduleCommand(a *app) *cobra.Command { return &cobra.Command{Use:"schedule"} }
func serveCommand(a *app) *cobra.Command { return &cobra.Command{Use:"serve"} }
func statusCommand(a *app) *cobra.Command { return &cobra.Command{Use:"status"} }
func runsCommand(a *app) *cobra.Command { return &cobra.Command{Use:"runs"} }
func explainCommand(a *app) *cobra.Command { return &cobra.Command{Use:"explain"} }
func warningsCommand(a *app) *cobra.Command { return &cobra.Command{Use:"warnings"} }
func modelsCommand(a *app) *cobra.Command { return &cobra.Command{Use:"models"} }
func evaluateCommand(a *app) *cobra.Command { return &cobra.Command{Use:"evaluate"} }
func validateCommand(a *app) *cobra.Command { return &cobra.Command{Use:"validate"} }
func doctorCommand(a *app) *cobra.Command { return &cobra.Command{Use:"doctor"} }
func hashPasswordCommand(a *app) *cobra.Command { return &cobra.Command{Use:"hash-password"} }
